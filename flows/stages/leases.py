"""Who is at which part of some work: leases as objects, good for as long as somebody renews them.

`leases/<part>/<number>.json`: each is created only where its number is free, so of several who
reach for a part one gets it, and the newest says whose it is and until when. Renewing is creating
the next number. What the work does must be harmless to repeat: between machines whose clocks
stand further apart than TTL_MS a part may be held twice.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import threading
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from edge.errors import ObjectExists, ObjectMissing, Retryable
from flows.locks import locked
from flows.site import Site
from flows.store import LIVECAM

LEASES = "leases/"
TTL_MS = 60_000
_DIGITS = 8
# So many locks a kind (a part's first word); of parts that share one, one at a time is taken here.
_LOCKS = 64


class Lease:
    """A part that is ours while `lost` is not set; a thread renews it."""

    def __init__(self, site: Site, part: str, holder: str, number: int) -> None:
        self._site, self._prefix = site, f"{LEASES}{part}/"
        self._holder, self._number = holder, number
        self._over = threading.Event()
        self.lost = threading.Event()

    def renewing(self) -> None:
        """Renew three times as often as needed, until it is over or somebody else's."""
        until_ms = self._site.clock.utc_ms() + TTL_MS
        while not self._over.wait(TTL_MS / 3_000):
            try:
                until_ms = self.renew()
            except ObjectExists:
                break
            except Retryable:  # tried again until it has run out
                if self._site.clock.utc_ms() >= until_ms:
                    break
        if not self._over.is_set():
            self.lost.set()

    def renew(self) -> int:
        """Take the next number, and the one before away. Raises ObjectExists for a lost lease."""
        until_ms = self._site.clock.utc_ms() + TTL_MS
        told = json.dumps({"holder": self._holder, "until_ms": until_ms}).encode()
        self._site.store.create(LIVECAM, self._key(self._number + 1), told)
        self._number += 1
        self._site.store.delete(LIVECAM, [(self._key(self._number - 1), "")])
        return until_ms

    def end(self) -> None:
        """Give the part back."""
        self._over.set()

    def remove(self) -> None:
        """Take our own last number away, where it is not somebody else's part by now."""
        self._site.store.delete(LIVECAM, [(self._key(self._number), "")])

    def _key(self, number: int) -> str:
        return f"{self._prefix}{number:0{_DIGITS}d}.json"


@contextmanager
def taken(site: Site, part: str) -> Iterator[Lease | None]:
    """Hold a part, spelled as a key, until the block ends; None where it is somebody else's.

    What a process of this machine held that died is free at once, on other machines once the
    lease has run out. Raises the store's Retryable failures.
    """
    with ExitStack() as stack:
        if not _alone_here(site, part, stack):
            yield None
            return
        lease = _next(site, part)
        if lease is None:
            yield None
            return
        renewing = threading.Thread(target=lease.renewing, daemon=True)
        renewing.start()
        try:
            yield lease
        finally:
            lease.end()
            renewing.join()
            if not lease.lost.is_set():
                with suppress(Retryable):  # it runs out by itself
                    lease.remove()


def held(site: Site, kind: str) -> list[str]:
    """The parts of a kind that somebody holds now."""
    newest = {
        info.key.rpartition("/")[0].removeprefix(LEASES): info.key
        for info in site.store.list(LIVECAM, f"{LEASES}{kind}/")
    }
    return [part for part, key in newest.items() if not _given_up(site, part, key)]


def _given_up(site: Site, part: str, key: str) -> bool:
    if _free(site, key, ""):
        return True
    with ExitStack() as stack:  # this machine's own: held for as long as its holder lives
        return _free(site, key, _holder(site)) and _alone_here(site, part, stack)


def _alone_here(site: Site, part: str, stack: ExitStack) -> bool:
    """The same among this machine's processes: the kernel drops a lock when its holder dies."""
    number = int(hashlib.sha256(part.encode()).hexdigest(), 16) % _LOCKS
    kind = part.partition("/")[0]
    path = site.home.locks / f"lease-{kind}-{number}.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    file = stack.enter_context(path.open("a"))
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _next(site: Site, part: str) -> Lease | None:
    holder = _holder(site)
    numbers = [info.key for info in site.store.list(LIVECAM, f"{LEASES}{part}/")]
    newest = 0
    if numbers:
        newest = int(Path(numbers[-1]).stem)
        if not _free(site, numbers[-1], holder):
            return None
    lease = Lease(site, part, holder, newest)
    try:
        lease.renew()
    except ObjectExists:
        return None
    return lease


def _free(site: Site, key: str, holder: str) -> bool:
    try:
        told = json.loads(site.store.read(LIVECAM, key))
    except ObjectMissing:  # renewed or given back just now: it is somebody's, or the next time ours
        return False
    # Ours, and yet we hold the machine's lock: whoever took it is dead.
    return bool(told["holder"] == holder or site.clock.utc_ms() >= told["until_ms"])


def _holder(site: Site) -> str:
    """What this machine's leases are signed with: one word a LIVECAM_HOME."""
    path = site.home.run / "holder"
    with locked(site.home.locks / "holder.lock"):
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(uuid.uuid4().hex)
        return path.read_text()
