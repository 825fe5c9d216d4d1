"""A full disk under real recorders, one of which floods it (E2, E3, E5).

Three stretches: a start when nothing is free, a flood while others record little, and a disk that
something else fills midway. The policy that there is: the oldest goes, of the camera that holds
most, and its gap is written first; where nothing is left to drop, recording waits for room.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from edge.camera.clip import ClipCamera
from edge.clock import SystemClock
from edge.errors import SpoolFull
from edge.recorder import Recorder
from edge.segment import Cause, Gap, Segment
from edge.spool import SealedGap, Spool
from infra.faults import footage
from infra.faults.small_disk import SmallDisk, small_disk
from infra.faults.verdict import Say, Verdict

POLICIES = ("oldest first, of the camera that holds most",)
FLOOD, CALM = "flood", ("calm-a", "calm-b")
# A spool keeps 64 MB free of footage, for what a node needs besides it.
_SIZE_BYTES = 84 << 20
_SEGMENT_MS = 2_000
_FULL_S = 3.0


@dataclass
class _Run:
    """What the recorders told, and when the disk was full for another's sake (UTC ms)."""

    stop: threading.Event = field(default_factory=threading.Event)
    told: list[Segment | Gap] = field(default_factory=list)
    full: list[tuple[int, int]] = field(default_factory=list)
    restarts: int = 0

    def stopping(self) -> bool:
        return self.stop.is_set()

    def beat(self) -> None:
        """Nobody listens."""


def run(folder: Path, *, seed: int, seconds: float, mount: bool, say: Say) -> Verdict:
    """Record for so long while the flood fills the disk; before and after it is full at once."""
    verdict = Verdict("disk", seed)
    clips = {name: _clip(folder, name) for name in (FLOOD, *CALM)}
    with small_disk(folder / "disk", _SIZE_BYTES, mount=mount) as disk:
        told = _Run()
        say(f"{disk.kind} of {_SIZE_BYTES >> 20} MB: a start when it is full")
        with _full(disk, told):
            threads = [_start(disk, told, name, clip) for name, clip in clips.items()]
            time.sleep(_FULL_S)
        say(f"{FLOOD} fills it for {seconds:g} s")
        time.sleep(seconds)
        say("something else fills it")
        with _full(disk, told):
            time.sleep(_FULL_S)
        time.sleep(_FULL_S * 2)
        told.stop.set()
        for thread in threads:
            thread.join(60)
        verdict.hold(not any(t.is_alive() for t in threads), "a recorder does not end")
        _judge(disk, told, verdict)
    return verdict


def _clip(folder: Path, name: str) -> Path:
    """The flood brings 2 MB a second, the others next to nothing."""
    if name == FLOOD:
        return footage.clip(
            folder / "flood.mp4", gop=15, b_frames=0, size=(640, 480), bitrate=16_000_000
        )
    path = folder / "calm.mp4"
    return path if path.exists() else footage.clip(path, gop=15, b_frames=0)


@contextmanager
def _full(disk: SmallDisk, told: _Run) -> Iterator[None]:
    began_ms = _now_ms()
    disk.fill()
    try:
        yield
    finally:
        disk.release()
        # What was found full just now is looked at again within the longest wait of then.
        told.full.append((began_ms, _now_ms() + 5_000))


def _start(disk: SmallDisk, told: _Run, name: str, clip: Path) -> threading.Thread:
    thread = threading.Thread(target=_record, args=(disk, told, name, clip), name=name)
    thread.start()
    return thread


def _record(disk: SmallDisk, told: _Run, name: str, clip: Path) -> None:
    """A camera's process, started again where it ends before it is asked to."""
    clock = SystemClock()
    while not told.stopping():
        try:
            Recorder(
                name,
                ClipCamera(name, clip, clock),
                Spool(disk.root, "local", clock, disk.free_bytes),
                segment_ms=_SEGMENT_MS,
                clock=clock,
                watch=told,
                report=told.told.append,
            ).run()
        except SpoolFull:
            told.restarts += 1
            told.stop.wait(0.5)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def _judge(disk: SmallDisk, told: _Run, verdict: Verdict) -> None:
    spool = Spool(disk.root, "local", SystemClock(), disk.free_bytes)
    sealed, gaps = [item.segment for item in spool.sealed()], spool.gaps()
    all_items: list[Segment | Gap] = [*sealed, *(kept.gap for kept in gaps)]
    dropped = [kept for kept in gaps if kept.gap.cause is Cause.DISK_FULL_DROPPED]
    unexplained_ms = 0
    for camera in (FLOOD, *CALM):
        unexplained_ms += _unexplained([item for item in all_items if item.camera == camera])
        recorded = [item for item in sealed if item.camera == camera]
        verdict.hold(bool(recorded), f"{camera} has nothing at the end")
    verdict.hold(unexplained_ms == 0, f"{unexplained_ms} ms in no segment or gap, or in two")
    verdict.hold(not spool.check()["E1"].broken, "a sealed file is not what its sidecar says")
    _judge_drops(told, sealed, dropped, verdict)
    verdict.figures |= {
        "disk": disk.kind,
        "policies": list(POLICIES),
        "segments_kept": len(sealed),
        "restarts": told.restarts,
        "unexplained_s": unexplained_ms / 1000,
        "segments_told": sum(isinstance(item, Segment) for item in told.told),
    }


def _judge_drops(
    told: _Run, sealed: Sequence[Segment], dropped: Sequence[SealedGap], verdict: Verdict
) -> None:
    """Each segment that is gone is a gap, to the millisecond; the calm lose none to the flood."""
    here = {segment.id for segment in sealed}
    gone = [i for i in told.told if isinstance(i, Segment) and i.id not in here]
    spans = {(kept.gap.camera, kept.gap.start_ms, kept.gap.end_ms) for kept in dropped}
    silent = [s.id for s in gone if (s.camera, s.start_ms, s.end_ms) not in spans]
    verdict.hold(not silent, f"dropped without a gap: {silent[:5]}")
    verdict.hold(bool(gone), "nothing was dropped: the disk was never full")
    calm = [k for k in dropped if k.gap.camera in CALM and not _while_full(k, told.full)]
    verdict.hold(not calm, f"the flood cost others {[kept.gap.id for kept in calm[:5]]}")
    ids = {segment.id for segment in gone}
    verdict.figures |= {
        "dropped_flood": sum(kept.gap.camera == FLOOD for kept in dropped),
        "dropped_calm_while_full": sum(kept.gap.camera in CALM for kept in dropped) - len(calm),
        "dropped_calm_by_flood": len(calm),
        "segments_dropped": len(ids),
    }


def _while_full(kept: SealedGap, full: Sequence[tuple[int, int]]) -> bool:
    written_ms = kept.path.stat().st_mtime_ns // 1_000_000
    return any(began <= written_ms <= ended for began, ended in full)


def _unexplained(items: Sequence[Segment | Gap]) -> int:
    ordered = sorted(items, key=lambda item: (item.start_ms, item.end_ms))
    return sum(abs(after.start_ms - before.end_ms) for before, after in pairwise(ordered))
