"""A full disk under real recorders, one of which floods it, by each policy (E2, E3, E5).

Each on a disk of its own: some footage; a start when nothing is free; a flood while others record
little; a disk that something else fills midway; and room again.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from edge.clock import SystemClock
from edge.encode import LADDER
from edge.quota import Amount, Policy, WhenFull
from edge.segment import Cause, Segment
from edge.spool import Spool
from edge.spool.room import MARGIN_BYTES, save
from infra.faults import disk_judge, footage
from infra.faults.disk_cameras import CALM, DRAWN, FLOOD, Cameras
from infra.faults.small_disk import SmallDisk, small_disk
from infra.faults.verdict import Say, Verdict
from infra.waiting import wait_until

_ROOM_BYTES, _QUOTA_BYTES = 32 << 20, 24_000_000  # one policy meets its quota first
_FULL_S = 3.0
_PATIENCE_S = 90.0  # for what is a matter of seconds on a machine with nothing else to do


def run(
    folder: Path,
    *,
    seed: int,
    seconds: float,
    mount: bool,
    say: Say,
    policies: Sequence[WhenFull] = tuple(WhenFull),
) -> Verdict:
    """Flood a disk for so long by each policy; before and after it is full at once."""
    verdict = Verdict("disk", seed)
    clips = {name: _clip(folder, name) for name in (FLOOD, *CALM)}
    for when_full in policies:
        one = Verdict(when_full.value, seed)
        with small_disk(folder / when_full, MARGIN_BYTES + _ROOM_BYTES, mount=mount) as disk:
            say(f"{when_full}: {disk.kind} with room for {_ROOM_BYTES >> 20} MB")
            _Case(folder, disk, when_full, clips, say).run(seconds, one)
            verdict.figures["disk"] = disk.kind
        verdict.take_in(one)
    verdict.figures["policies"] = [policy.value for policy in policies]
    return verdict


class _Case:
    """One policy on one disk."""

    def __init__(
        self,
        folder: Path,
        disk: SmallDisk,
        when_full: WhenFull,
        clips: dict[str, Path],
        say: Say,
    ) -> None:
        self._disk, self._when_full, self._say = disk, when_full, say
        self._spool = Spool(disk.root, "local", SystemClock(), disk.free_bytes)
        quota = Amount(size_bytes=_QUOTA_BYTES) if when_full is WhenFull.LOWER else None
        shares = dict.fromkeys((FLOOD, *CALM))
        save(disk.root, Policy(when_full=when_full, quota=quota, shares=shares))
        drawn = folder / f"{when_full}-recorder" if when_full is WhenFull.LOWER else None
        self._cameras = Cameras(disk, clips, drawn)

    def run(self, seconds: float, verdict: Verdict) -> None:
        """Raises TimeoutError where recording does not go on."""
        try:
            self._run(seconds, verdict)
        finally:
            self._cameras.stop()

    def _run(self, seconds: float, verdict: Verdict) -> None:
        cameras = self._cameras
        self._begin(verdict)
        cameras.stop()
        self._say("a start when it is full")
        with self._full():
            cameras.start()
            self._while_full()
        # Where nothing is dropped the flood may be at the end of its part by now.
        free = CALM if self._when_full is WhenFull.STOP else ()
        self._until_each_sealed("recording after a full start", *free)
        self._say(f"{FLOOD} fills it for {seconds:g} s")
        time.sleep(seconds)
        if self._when_full is WhenFull.STOP:
            self._upload()
        self._say("something else fills it")
        with self._full():
            time.sleep(_FULL_S)
        self._until_each_sealed("recording with room again", *free)
        cameras.stop()
        disk_judge.judge(self._spool, cameras, self._when_full, verdict)

    def _begin(self, verdict: Verdict) -> None:
        """Some footage of each. What is encoded here goes down the ladder before all is full."""
        if self._when_full is WhenFull.LOWER:
            self._cameras.start(DRAWN)
            wait_until(self._lowered, seconds=_PATIENCE_S, what="the lowest rung")
            verdict.hold(not self._dropped(), "dropped before the ladder was at its end")
            self._cameras.stop()
        self._cameras.start()
        self._until_each_sealed("the first segments")
        if self._when_full is not WhenFull.STOP:
            wait_until(self._has_backlog, seconds=_PATIENCE_S, what=f"a backlog of {FLOOD}")

    def _has_backlog(self) -> bool:
        """Enough to live on: of less than a few segments nobody can record on a full disk."""
        cameras = self._spool.depth().cameras
        return FLOOD in cameras and cameras[FLOOD].bytes > _ROOM_BYTES // 2

    def _lowered(self) -> bool:
        return any(
            isinstance(item, Segment) and item.rung == LADDER[-1].name
            for item in self._cameras.told
        )

    def _dropped(self) -> bool:
        return any(kept.gap.cause is Cause.DISK_FULL_DROPPED for kept in self._spool.gaps())

    def _while_full(self) -> None:
        """Who may drop records on a full disk; who may not waits."""
        if self._when_full is WhenFull.STOP:
            time.sleep(_FULL_S)
        else:
            self._until_each_sealed("recording on a full disk")

    def _until_each_sealed(self, what: str, *names: str) -> None:
        """Wait for a segment of each camera, or of some, that began from now on, or lasts."""
        since_ms = disk_judge.now_ms()

        def missing() -> set[str]:
            told = (item for item in self._cameras.told if isinstance(item, Segment))
            seen = {item.camera for item in told if item.end_ms > since_ms}
            return set(names or self._cameras.names) - seen

        wait_until(lambda: not missing(), seconds=_PATIENCE_S, what=what)

    def _upload(self) -> None:
        """Make room as an upload does: what is stored leaves."""
        items = [item for item in self._spool.sealed() if item.segment.camera == FLOOD]
        self._cameras.stored += [item.segment for item in items]
        self._spool.evict(*items)
        self._until_each_sealed("recording after an upload")

    @contextmanager
    def _full(self) -> Iterator[None]:
        self._disk.fill()
        try:
            yield
        finally:
            self._disk.release()


def _clip(folder: Path, name: str) -> Path:
    """The flood brings 2 MB a second, the others 10 kB: minutes until their share is full."""
    if name == FLOOD:
        return footage.clip(
            folder / "flood.mp4", gop=15, b_frames=0, size=(640, 480), bitrate=16_000_000
        )
    path = folder / "calm.mp4"
    return path if path.exists() else footage.clip(path, gop=15, b_frames=0, bitrate=80_000)
