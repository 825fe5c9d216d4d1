"""Power cuts: a recorder's log of writes, names and syncs, cut anywhere and recovered (E1, E4).

The log is of a real recorder on a real folder, in real time. A state of the disk after a cut is
laid out in a folder, and the next boot's recorder finds it: what it accounts for is held against
what was really recorded until then.
"""

from __future__ import annotations

import random
import shutil
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from edge.camera.clip import ClipCamera
from edge.clock import SystemClock
from edge.ledger import Ledger
from edge.quota import FIRST_RESERVE_BYTES, Policy
from edge.recorder import Recorder
from edge.segment import Gap, Segment
from edge.spool import Spool
from edge.spool.room import save
from infra.faults import cuts, footage
from infra.faults.cuts import State
from infra.faults.disk_log import Log, logged
from infra.faults.footage import CAMERA
from infra.faults.verdict import Say, Verdict

SYNC_MS = 5_000  # E4
_DOWN_MS = 60_000
_AGAIN = 25  # one state in so many is cut again while it is recovered


@dataclass
class _Recorded:
    """What was really recorded, as the recorder told it: each item, and when it was durable."""

    began_ms: int = 0
    told: list[tuple[int, Segment | Gap]] = field(default_factory=list)
    evicted: list[tuple[int, Segment]] = field(default_factory=list)
    payloads: dict[int, bytes] = field(default_factory=dict)  # by a segment's start
    worst_ms: int = 0

    def tell(self, item: Segment | Gap) -> None:
        self.told.append((_now_ms(), item))

    @property
    def segments(self) -> list[Segment]:
        return [item for _, item in self.told if isinstance(item, Segment)]

    def before(self, at_ms: int) -> list[Segment | Gap]:
        """What was durable by then."""
        return [item for told_ms, item in self.told if told_ms < at_ms]

    def gone(self, at_ms: int) -> list[Segment]:
        """What may have left the spool by then, since the store had it."""
        return [item for evicted_ms, item in self.evicted if evicted_ms <= at_ms]


class _For:
    """A watch that lets a recorder run for some seconds."""

    def __init__(self, seconds: float) -> None:
        self._until = time.monotonic() + seconds

    def stopping(self) -> bool:
        return time.monotonic() >= self._until

    def beat(self) -> None:
        """Nobody listens."""


class _Booted:
    """The clock of the boot after a cut."""

    def __init__(self, utc_ms: int) -> None:
        self._utc_ms = utc_ms

    def utc_ms(self) -> int:
        return self._utc_ms

    def monotonic_ms(self) -> int:
        return 20_000

    def boot_id(self) -> str:
        return "the next boot"

    def sleep(self, seconds: float) -> None:
        raise AssertionError(f"nothing here waits for {seconds} s")


def run(folder: Path, *, seed: int, seconds: float, states: int, say: Say) -> Verdict:
    """Record for so long, then try `states` states of the disk at each of its operations."""
    verdict, chance = Verdict("power", seed), random.Random(seed)
    say(f"recording for {seconds:g} s")
    log, recorded = _record(folder, seconds)
    say(f"{len(log.ops)} operations, {states} states of the disk at each")
    verdict.hold(_complete(log, folder), "the log does not explain the files that it came of")
    for number, now in enumerate(cuts.moments(log)):
        at_ms = log.ops[min(number, len(log.ops) - 1)].at_ms
        for state in cuts.states(now, chance, states):
            _judge(folder / "case", state, at_ms, recorded, verdict)
            if verdict.figures["states"] % _AGAIN == 0:
                _cut_again(folder / "case", state, at_ms, recorded, chance, verdict)
    verdict.figures |= {"operations": len(log.ops), "worst_ms": recorded.worst_ms}
    return verdict


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def _record(folder: Path, seconds: float) -> tuple[Log, _Recorded]:
    """Two lives of a recorder, and what was stored of the first evicted."""
    clip = footage.clip(folder / "clip.mp4", seconds=10, b_frames=0)
    clock, recorded, root = SystemClock(), _Recorded(), folder / "spool"
    spool = Spool(root, "local", clock)
    # Each state of the disk is laid out anew: a reserve of the usual size would be most of it.
    save(root, Policy(reserve_bytes=FIRST_RESERVE_BYTES))
    camera = ClipCamera(CAMERA, clip, clock)
    with logged(root) as log:
        recorded.began_ms = _now_ms()
        for share in (0.6, 0.4):
            Recorder(
                CAMERA,
                camera,
                spool,
                segment_ms=8_000,
                clock=clock,
                watch=_For(seconds * share),
                report=recorded.tell,
            ).run()
            for item in spool.sealed():
                recorded.payloads[item.segment.start_ms] = _payload(item.path)
        first = spool.sealed()[0]
        recorded.evicted.append((_now_ms(), first.segment))
        spool.evict(first)
    return log, recorded


def _payload(path: Path) -> bytes:
    return footage.payload(path.read_bytes())


def _complete(log: Log, folder: Path) -> bool:
    """Whether the log, played to its end, gives the files that are there: nothing went past it."""
    *_, last = cuts.moments(log)
    state = cuts.whole(last)
    root = folder / "spool"
    files = {str(p.relative_to(root)): p.read_bytes() for p in root.rglob("*") if p.is_file()}
    return files == {name: state.contents[inode] for name, inode in state.names.items()}


def _judge(root: Path, state: State, at_ms: int, recorded: _Recorded, verdict: Verdict) -> None:
    shutil.rmtree(root, ignore_errors=True)
    state.write(root)
    _recover(root, at_ms)
    verdict.count("states")
    for wrong in _wrong(root, at_ms, recorded):
        verdict.hold(False, f"{at_ms - recorded.began_ms} ms after the start: {wrong}")


def _recover(root: Path, at_ms: int) -> None:
    """What the next boot's recorder does first."""
    clock = _Booted(at_ms + _DOWN_MS)
    ledger = Ledger(CAMERA, Spool(root, "local", clock), clock, lambda _: None)
    ledger.resume()
    ledger.close()


def _cut_again(
    root: Path,
    state: State,
    at_ms: int,
    recorded: _Recorded,
    chance: random.Random,
    verdict: Verdict,
) -> None:
    """The power goes once more while the first cut is being recovered."""
    shutil.rmtree(root)
    state.write(root)
    Spool(root, "local", SystemClock())  # its folders are there since long
    with logged(root) as log:
        _recover(root, at_ms)
    for now in cuts.moments(log):
        for again in cuts.states(now, chance, 4):
            verdict.count("cut_again")
            _judge(root.with_name("again"), again, at_ms, recorded, verdict)


def _wrong(root: Path, at_ms: int, recorded: _Recorded) -> Iterator[str]:
    """What is wrong with a spool that was recovered from a cut at that time."""
    spool = Spool(root, "local", _Booted(at_ms + _DOWN_MS))
    # What was evicted may come back, with its sidecar: it is stored once more, which is harmless.
    wrong = spool.check()["E1"].keys
    if wrong:
        yield f"not what its sidecar says: {wrong}"
    sealed = spool.sealed()
    for item in sealed:
        if not any(_payload(item.path) in whole for whole in recorded.payloads.values()):
            yield f"{item.segment.id} holds what was never recorded"
    segments = [item.segment for item in sealed]
    yield from _lost(segments, at_ms, recorded)
    gaps = [item.gap for item in spool.gaps()]
    yield from _holes([*segments, *gaps, *recorded.gone(at_ms)], at_ms, recorded)


def _lost(segments: Sequence[Segment], at_ms: int, recorded: _Recorded) -> Iterator[str]:
    """E4: what was sealed, and what was received until SYNC_MS before the cut, is here."""
    gone = {segment.id for segment in recorded.gone(at_ms)}
    durable = {item.id for item in recorded.before(at_ms)} - gone
    for was in (segment for segment in recorded.segments if segment.id not in gone):
        if was.start_ms >= at_ms:
            continue
        received_ms = min(was.start_ms + was.media_ms, at_ms)
        kept = [s for s in segments if was.start_ms <= s.start_ms < was.end_ms]
        reached = max((s.start_ms + s.media_ms for s in kept), default=was.start_ms)
        if was.id in durable and was.id not in {s.id for s in kept}:
            yield f"{was.id} was sealed, and is lost"
        lost_ms = received_ms - reached
        recorded.worst_ms = max(recorded.worst_ms, lost_ms)
        if lost_ms > SYNC_MS:
            yield f"{lost_ms} ms of {was.id} are lost"


def _holes(items: Sequence[Segment | Gap], at_ms: int, recorded: _Recorded) -> Iterator[str]:
    """E3: from the first recording on, all time is in one of these."""
    first = min((s.start_ms for s in recorded.segments), default=at_ms)
    reached = min(first, min((item.start_ms for item in items), default=first))
    for item in sorted(items, key=lambda item: (item.start_ms, item.end_ms)):
        if item.start_ms > reached:
            yield f"{item.start_ms - reached} ms are in no segment or gap"
        reached = max(reached, item.end_ms)
    known = recorded.before(at_ms)
    if known and reached < max(item.end_ms for item in known):
        yield "the account ends before what it held"
