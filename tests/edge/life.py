"""A recorder on a drawn camera and a clock of its own, and what it left."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import av

from edge.camera import Feed
from edge.camera.scene import SceneCamera
from edge.modes.gate import Motion
from edge.modes.plan import Plan, Wanted
from edge.recorder import Recorder
from edge.segment import Gap, Segment
from edge.spool import Spool
from tests.edge.fake_clock import FakeClock
from tests.edge.recording import assert_tiles

Packets = Iterator["av.Packet[Any]"]
Change = Callable[[Packets], Packets]
SMALL = "?size=320x176"
ALWAYS = Plan()


class Until:
    """Asks to stop when the clock has passed so many seconds."""

    def __init__(self, clock: FakeClock, seconds: float) -> None:
        self._clock, self._until = clock, clock.monotonic_ms() + round(seconds * 1000)
        self.beats = 0

    def stopping(self) -> bool:
        return self._clock.monotonic_ms() >= self._until

    def beat(self) -> None:
        self.beats += 1


class Changed:
    """A drawn camera whose packets a test changes; its n-th connection by its n-th change."""

    kind = "scene"

    def __init__(self, clock: FakeClock, *changes: Change | Exception) -> None:
        self._inner, self._changes = SceneCamera("gate", SMALL, clock), iter(changes)

    def open(self) -> Feed:
        change = next(self._changes, None)
        if isinstance(change, Exception):
            raise change
        feed: Any = self._inner.open()
        if change is not None:
            packets = feed.packets
            feed.packets = lambda: change(packets())
        return feed  # type: ignore[no-any-return]


class Life:
    """Runs a recorder on a clock of its own, and reads what it left."""

    def __init__(self, tmp_path: Path) -> None:
        self.clock = FakeClock()
        self.spool = Spool(tmp_path / "spool", "pi1", self.clock)
        self.told: list[Segment | Gap] = []
        self.moves: list[Motion] = []
        self.began = self.clock.utc_ms()

    def run(
        self,
        seconds: float,
        *changes: Change | Exception,
        segment_ms: int = 5_000,
        plan: Plan = ALWAYS,
        pause: Path | None = None,
    ) -> None:
        self.watch = Until(self.clock, seconds)
        Recorder(
            "gate",
            Changed(self.clock, *changes),
            self.spool,
            segment_ms=segment_ms,
            clock=self.clock,
            watch=self.watch,
            report=self.told.append,
            wanted=Wanted(plan, self.clock, pause),
            moves=self.moves.append,
        ).run()

    @property
    def items(self) -> list[Segment | Gap]:
        items: list[Segment | Gap] = [item.segment for item in self.spool.sealed()]
        items += [item.gap for item in self.spool.gaps()]
        items.sort(key=lambda item: (item.start_ms, item.end_ms))
        assert_tiles(items)
        return items

    @property
    def segments(self) -> list[Segment]:
        return [item for item in self.items if isinstance(item, Segment)]


def after(count: int, error: Exception) -> Change:
    """So many packets, then this error."""

    def change(packets: Packets) -> Packets:
        yield from itertools.islice(packets, count)
        raise error

    return change
