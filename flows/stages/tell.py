"""What a node tells of itself beside its claims: its spool's audit, and how it is."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from edge import health, report
from edge.durable import write_file
from edge.receipt import Line, Report, State, Waiting
from edge.segment import Origin, Segment
from edge.spool import CameraDepth, Depth, Spool
from flows.site import Site

REPORT_EVERY_MS = 3_600_000
# Uploads run every 30 s: one that found nothing to do tells every second time, and the many
# batches of a backlog tell now and then.
IDLE_EVERY_MS = 55_000
BUSY_EVERY_MS = 20_000
# A camera whose newest segment is older than this records nothing now.
STREAM_MS = 3_600_000


class Stream(BaseModel):
    """What a camera's newest segment tells of its stream."""

    model_config = ConfigDict(frozen=True)

    bytes_per_s: float
    end_ms: int


class Told(BaseModel):
    """What this machine told when, and what it stored since."""

    state_ms: int | None = None
    laws_ms: int | None = None
    segments: int = 0
    bytes: int = 0
    streams: dict[str, Stream] = {}

    @classmethod
    def load(cls, path: Path) -> Told:
        """As it was saved; nothing where that is missing or cannot be read."""
        try:
            return cls.model_validate_json(path.read_bytes())
        except (FileNotFoundError, ValidationError):
            return cls()

    def count(self, segment: Segment) -> None:
        """Say that a segment was stored."""
        self.segments += 1
        self.bytes += segment.size_bytes
        self.see(segment)

    def see(self, segment: Segment) -> None:
        """Learn a stream's rate; imported footage is no stream."""
        if segment.origin is Origin.RECORDED and segment.wall_ms > 0:
            rate = segment.size_bytes * 1_000 / segment.wall_ms
            self.streams[segment.camera] = Stream(bytes_per_s=rate, end_ms=segment.end_ms)


def path_of(site: Site) -> Path:
    """Where this machine remembers what it told."""
    return site.home.run / "told.json"


def due(site: Site, spool: Spool, told: Told, began_ms: int, *, idle: bool) -> list[Line]:
    """What is to be told now, and in `told` that it was: the caller saves it once that stands.

    `idle`: also when nothing was stored, as a node's own worker does.
    """
    now = site.clock.utc_ms()
    lines: list[Line] = []
    if told.segments and _past(told.laws_ms, now, REPORT_EVERY_MS):
        lines.append(Report(node=spool.node, at_ms=now, laws=spool.check()))
        told.laws_ms = now
    busy = bool(told.segments) and _past(told.state_ms, now, BUSY_EVERY_MS)
    if busy or (idle and _past(told.state_ms, now, IDLE_EVERY_MS)):
        lines.append(state_of(spool, told, now, began_ms, site.home.recorder))
        told.state_ms, told.segments, told.bytes = now, 0, 0
    return lines


def save(site: Site, told: Told) -> None:
    path = path_of(site)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_file(path, told.model_dump_json().encode(), sync_names=False)


def _past(last_ms: int | None, now_ms: int, every_ms: int) -> bool:
    # Under a clock that went back, too.
    return last_ms is None or not 0 <= now_ms - last_ms < every_ms


def state_of(spool: Spool, told: Told, now_ms: int, began_ms: int, recorder: Path) -> State:
    """How the spool and its machine are at this moment; recorders that run report in `recorder`."""
    depth = spool.depth()
    _see(spool, told, depth, now_ms)
    running = list(report.read(recorder, now_ms).values())
    newest = max(running, key=lambda one: one.at_ms, default=None)
    return State(
        node=spool.node,
        at_ms=now_ms,
        cameras=_waiting(depth, told),
        gaps=depth.gaps,
        free_bytes=depth.free_bytes,
        quota_bytes=depth.quota_bytes,
        when_full=depth.policy.when_full,
        in_vain=spool.in_vain,
        bytes_per_s=sum(stream.bytes_per_s for stream in told.streams.values()),
        lag_ms=0 if depth.since_ms is None else max(now_ms - depth.since_ms, 0),
        uploaded_segments=told.segments,
        uploaded_bytes=told.bytes,
        over_ms=_over(told, now_ms, began_ms),
        # A recorder's is of several seconds: it tells what one look cannot.
        health=health.read(spool.root) if newest is None else newest.health,
        recording={camera: one for each in running for camera, one in each.cameras.items()},
    )


def _waiting(depth: Depth, told: Told) -> dict[str, Waiting]:
    """Of cameras of which something waits, or that the spool has a place for and that record."""
    recording = {camera for camera in depth.policy.shares if camera in told.streams}
    return {
        camera: _of_camera(camera, depth, told) for camera in sorted({*depth.cameras, *recording})
    }


def _of_camera(camera: str, depth: Depth, told: Told) -> Waiting:
    one, stream = depth.cameras.get(camera, CameraDepth()), told.streams.get(camera)
    return Waiting(
        segments=one.segments,
        bytes=one.bytes,
        oldest_ms=one.oldest_ms,
        share_bytes=depth.shares.get(camera),
        bytes_per_s=stream.bytes_per_s if stream else 0,
    )


def _see(spool: Spool, told: Told, depth: Depth, now_ms: int) -> None:
    """Learn what is recorded, of what waits or else of what was stored last."""
    for camera in depth.cameras:
        newest = spool.newest(camera)
        if newest is not None:
            told.see(newest)
    told.streams = {c: s for c, s in told.streams.items() if now_ms - s.end_ms < STREAM_MS}


def _over(told: Told, now_ms: int, began_ms: int) -> int:
    """Since it last told, or, after an outage, since this upload began."""
    last_ms = told.state_ms
    if last_ms is None or _past(last_ms, now_ms, 2 * IDLE_EVERY_MS):
        last_ms = began_ms
    # A batch may be stored in a moment; nobody uploads ten thousand a minute for that.
    return max(now_ms - last_ms, BUSY_EVERY_MS)
