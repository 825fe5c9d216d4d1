"""Keeps parts running: starts them in order, adopts what lives, restarts what died.

One thread polls; a part that dies is started again after 1, 2, 4 … 30 s, and one that has
run for a minute is forgiven. All state that outlives this process is in `infra.stack.record`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from subprocess import Popen
from urllib.parse import urlsplit

from edge.clock import Clock
from edge.errors import LivecamError
from edge.home import Home
from infra.stack import logs, ports, process, record
from infra.stack.part import Part
from infra.stack.process import Identity, Target
from infra.stack.record import Running

POLL_S = 0.25
LONGEST_BACKOFF_MS = 30_000
FORGIVEN_AFTER_MS = 60_000
LOGS_EVERY_MS = 10_000

Tell = Callable[[str], None]


@dataclass
class _Kept:
    """A part and how it is doing."""

    part: Part
    identity: Identity | None = None
    child: Popen[bytes] | None = None
    ready: bool = False
    started_ms: int = 0
    deaths: int = 0
    next_start_ms: int = 0
    said: str = ""

    @property
    def alive(self) -> bool:
        if self.child is not None:
            return self.child.poll() is None  # reaps it, too
        return self.identity is not None and self.identity.alive


class Supervisor:
    """The parts of one home. The caller holds `record.supervise`'s lock."""

    def __init__(self, home: Home, parts: Sequence[Part], clock: Clock, tell: Tell) -> None:
        self._home = home
        self._kept = {part.name: _Kept(part) for part in parts}
        self._clock = clock
        self._tell = tell
        self._logs_ms = 0

    def add(self, part: Part) -> None:
        """Keep a part more; nothing where one of its name is kept."""
        self._kept.setdefault(part.name, _Kept(part))

    def adopt(self) -> list[str]:
        """Take over what still runs as it is wanted; end what else runs here. The adopted."""
        for name, running in record.parts(self._home).items():
            kept = self._kept.get(name)
            if kept and running.identity.alive and running.told == kept.part.told:
                kept.identity = running.identity
                kept.started_ms = self._clock.monotonic_ms()
            else:
                process.end([running.target])
                record.forget(self._home, name)
        return [name for name, kept in self._kept.items() if kept.identity]

    def tick(self) -> None:
        """Look at every part once."""
        for kept in self._kept.values():
            if kept.alive:
                self._watch(kept)
            elif kept.identity is not None:
                self._bury(kept)
            elif self._may_start(kept):
                self._start(kept)
        self._cut_logs()

    def waiting(self) -> list[str]:
        """Parts that are not ready."""
        return [name for name, kept in self._kept.items() if not kept.ready]

    def run(self, until: Callable[[], bool]) -> None:
        """Tick until told."""
        while not until():
            self.tick()
            self._clock.sleep(POLL_S)

    def stop(self) -> None:
        """End every part, those that others need last."""
        needed = {name for kept in self._kept.values() for name in kept.part.after}
        users = [name for name in self._kept if name not in needed]
        for wave in [users, *([name] for name in reversed(self._kept) if name in needed)]:
            self.end(wave)

    def end(self, names: Sequence[str]) -> None:
        """End these parts for good, side by side."""
        chosen = [self._kept.pop(name) for name in names if name in self._kept]
        process.end([self._target(kept) for kept in chosen])
        for kept in chosen:
            if kept.child is not None:
                kept.child.wait()
            record.forget(self._home, kept.part.name)

    def _target(self, kept: _Kept) -> Target:
        mark = record.mark_of(self._home, kept.part.name)
        return Target(mark, None if kept.part.whole else kept.identity)

    def _may_start(self, kept: _Kept) -> bool:
        before = (self._kept.get(name) for name in kept.part.after)
        due = self._clock.monotonic_ms() >= kept.next_start_ms
        return due and all(one is None or one.ready for one in before)

    def _start(self, kept: _Kept) -> None:
        part = kept.part
        mark = record.mark_of(self._home, part.name)
        kept.child = process.start(part.argv, part.environment, self.log(part.name), mark)
        kept.identity = process.identify(kept.child.pid)
        kept.started_ms = self._clock.monotonic_ms()
        if kept.identity is not None:
            where = part.address, part.console
            running = Running(part.name, kept.identity, mark, part.told, part.whole, *where)
            record.save(self._home, running)

    def _watch(self, kept: _Kept) -> None:
        if self._clock.monotonic_ms() - kept.started_ms > FORGIVEN_AFTER_MS:
            kept.deaths = 0
        try:
            if kept.ready or not kept.part.ready() or not self._is_there(kept):
                return
            if kept.part.born and kept.child is not None:
                kept.part.born()
            if kept.part.then:
                kept.part.then()
        except LivecamError as error:
            # What the part needs is not there: asked again at the next tick.
            if kept.said != str(error):
                kept.said = str(error)
                self._tell(f"{kept.part.name}: {error}")
            return
        kept.ready = True
        where = f" at {kept.part.address}" if kept.part.address else ""
        self._tell(f"{kept.part.name} is ready{where}")

    @staticmethod
    def _is_there(kept: _Kept) -> bool:
        port = urlsplit(kept.part.address or "").port
        if port is None or kept.identity is None:
            return kept.identity is not None
        return ports.listens(kept.identity.pid, port)

    def _bury(self, kept: _Kept) -> None:
        name = kept.part.name
        # What it started would go on beside its successor, and nobody would read its output.
        process.end([Target(record.mark_of(self._home, name))], seconds=5)
        backoff = min(1_000 * 2**kept.deaths, LONGEST_BACKOFF_MS)
        kept.deaths += 1
        kept.next_start_ms = self._clock.monotonic_ms() + backoff
        status = "" if kept.child is None else f" with status {kept.child.returncode}"
        said = logs.last_words(self.log(name))
        self._tell(f"{name} ended{status}; again in {backoff // 1000} s. It said: {said}")
        kept.child, kept.identity, kept.ready = None, None, False

    def _cut_logs(self) -> None:
        now = self._clock.monotonic_ms()
        if now - self._logs_ms >= LOGS_EVERY_MS:
            self._logs_ms = now
            for name in self._kept:
                logs.rotate(self.log(name))

    def log(self, name: str) -> Path:
        """Where a part's output goes."""
        return self._home.logs / f"{name}.log"


def stop_all(home: Home) -> list[str]:
    """End whatever is on record for this home, side by side; the parts' names."""
    found = record.parts(home)
    process.end([running.target for running in found.values()])
    for name in found:
        record.forget(home, name)
    return list(found)
