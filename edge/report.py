"""How a node's recorder fares, written every few seconds to one small file that is replaced."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Annotated, NamedTuple, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from edge.clock import Clock
from edge.doing import Doing
from edge.health import Health, Meter

EVERY_SECONDS = 5.0
FRESH_MS = 20_000  # an older one is of a recorder that has ended, or hangs
MOST_CAMERAS = 1_000
SUFFIX = ".report.json"

Number = Annotated[float, Field(ge=0, lt=2**53)]
Count = Annotated[int, Field(ge=0, lt=2**53)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class CameraReport(Doing):
    """One camera over the last seconds; `lost` packets since its process began.

    `fps` is None where nothing is known yet, 0 where nothing comes. `room_bytes`: what its share of
    the spool leaves it, where it has one.
    """

    fps: Number | None = None
    bits_per_s: Count = 0
    lost: Count = 0
    memory_bytes: Count = 0
    room_bytes: Count | None = None


class NodeReport(_Part):
    """A recorder's machine and its cameras. `trouble` is why livecam.yaml is not in force."""

    node: str
    at_ms: int
    health: Health
    cameras: Annotated[dict[str, CameraReport], Field(max_length=MOST_CAMERAS)] = {}
    room_bytes: Count  # what the spool may still take
    lowers: bool = True  # where that is little, cameras are to record less
    trouble: str | None = None

    @property
    def runway_ms(self) -> int | None:
        """How long the spool takes what comes now; None where nothing comes."""
        bits_per_s = sum(camera.bits_per_s for camera in self.cameras.values())
        return round(self.room_bytes * 8_000 / bits_per_s) if bits_per_s else None

    def runway_ms_of(self, camera: str) -> int | None:
        """The same of one camera, whose share may end before the spool does."""
        one = self.cameras.get(camera)
        if one is None or one.room_bytes is None or not one.bits_per_s:
            return self.runway_ms
        own_ms = round(one.room_bytes * 8_000 / one.bits_per_s)
        return own_ms if self.runway_ms is None else min(own_ms, self.runway_ms)


class Left(NamedTuple):
    """What a spool may still take, and of cameras that have a share; `lowers` as in a report."""

    room_bytes: int
    lowers: bool = True
    cameras: Mapping[str, int] = {}


Fares = Callable[[], Mapping[str, CameraReport]]
Room = Callable[[], Left]


class Reporter:
    """Writes a node's report to `folder` when it is due, and takes it away when that is over.

    The file is never synced: after a crash it is old, and says so.
    """

    def __init__(
        self,
        folder: Path,
        node: str,
        spool: Path,
        reserve_bytes: int,
        clock: Clock,
        room: Room | None = None,
    ) -> None:
        self._path = folder / f"{node}{SUFFIX}"
        self._node, self._spool, self._clock = node, spool, clock
        self._reserve_bytes, self._room = reserve_bytes, room
        self._meter = Meter()
        self._due = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self._path.unlink(missing_ok=True)

    def tick(self, cameras: Fares, trouble: str | None = None) -> None:
        """To be called about once a second."""
        now = time.monotonic()
        if now >= self._due:
            self._due = now + EVERY_SECONDS
            with suppress(OSError):  # a full disk; who reads sees that the report is old
                self._write(self._report(dict(cameras()), trouble))

    def _report(self, cameras: dict[str, CameraReport], trouble: str | None) -> NodeReport:
        health = self._meter.read(self._spool)
        disk_bytes = max(health.disk_free_bytes - self._reserve_bytes, 0)
        left = self._room() if self._room else Left(disk_bytes)
        for name in cameras.keys() & left.cameras.keys():
            cameras[name] = cameras[name].model_copy(update={"room_bytes": left.cameras[name]})
        return NodeReport(
            node=self._node,
            at_ms=self._clock.utc_ms(),
            health=health,
            cameras=cameras,
            room_bytes=left.room_bytes,
            lowers=left.lowers,
            trouble=trouble,
        )

    def _write(self, report: NodeReport) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        temporary = self._path.with_name(f".{self._path.name}")
        temporary.write_text(report.model_dump_json())
        temporary.replace(self._path)


def read(folder: Path, now_ms: int) -> dict[str, NodeReport]:
    """The reports of recorders that run now, by node."""
    found = {}
    for path in sorted(folder.glob(f"*{SUFFIX}")):
        with suppress(OSError, ValidationError):  # gone meanwhile, or of another version
            report = NodeReport.model_validate_json(path.read_bytes())
            if abs(now_ms - report.at_ms) <= FRESH_MS:
                found[report.node] = report
    return found
