"""What of a torn file is whole: the longest run of fragments whose checksums hold (E4)."""

from __future__ import annotations

import os
import zlib
from dataclasses import dataclass
from pathlib import Path

from edge import mp4
from edge.durable import write_all
from edge.errors import BadMedia
from edge.part import Unit
from edge.sink import Facts

_INIT_BYTES = 1 << 20  # more than any init section has


@dataclass(frozen=True, slots=True)
class Whole:
    """A run of sound fragments that starts at a keyframe.

    `prefix`: nothing is missing before it, so the file need only be cut at `end`.
    `damaged`: more than a torn tail is left out, so the file is worth keeping as evidence.
    """

    init: Unit
    facts: mp4.Init
    fragments: list[Unit]
    start_pts: int
    prefix: bool
    damaged: bool

    @property
    def end(self) -> int:
        return self.fragments[-1].offset + self.fragments[-1].size

    @property
    def start_ms(self) -> int:
        """How much later than the file's first picture the run begins."""
        return round(self.start_pts * 1000 / self.facts.time_scale)


def holds_media(part: Path) -> bool:
    """False for what begins as an init section and has no fragment, whole or torn, after it."""
    with part.open("rb") as file:
        head = file.read(_INIT_BYTES)
    begun = head[4:8] == b"ftyp"[: max(0, len(head) - 4)]
    return not begun or len(head) == _INIT_BYTES or b"moof" in head


def longest_run(part: Path, units: list[Unit]) -> Whole:
    """Find it. Raises BadMedia, saying why, where there is none."""
    with part.open("rb") as file:
        init = units[0] if units and units[0].offset == 0 else None
        data = _sound(file.fileno(), init)
        if init is None or data is None:
            raise BadMedia("its init section is not whole")
        facts = mp4.read_init(data)
        runs: list[list[tuple[Unit, mp4.Run]]] = [[]]
        for unit in units[1:]:
            run = _read(file.fileno(), unit, facts.video_track)
            if run is None or (runs[-1] and _end(runs[-1][-1][0]) != unit.offset):
                runs.append([])
            if run is not None:
                runs[-1].append((unit, run))
        size = os.fstat(file.fileno()).st_size
    best = max((_from_keyframe(run) for run in runs), key=_ticks)
    if not best:
        raise BadMedia("it holds no whole fragment that starts at a keyframe")
    kept = [unit for unit, _ in best]
    return Whole(
        init=init,
        facts=facts,
        fragments=kept,
        start_pts=best[0][1].pts,
        prefix=kept[0].offset == init.size,
        damaged=any(_end(unit) <= size and unit not in kept for unit in units[1:]),
    )


def cut(part: Path, whole: Whole) -> Facts:
    """Cut the file to its run, in place: only what is not whole goes."""
    facts = Facts()
    handle = os.open(part, os.O_RDWR)
    try:
        for unit in [whole.init, *whole.fragments]:
            facts.add(os.pread(handle, unit.size, unit.offset))
        os.ftruncate(handle, whole.end)
    finally:
        os.close(handle)
    return facts


def copy(part: Path, target: Path, whole: Whole) -> Facts:
    """Copy the run to a file of its own whose first picture is at 0."""
    ticks = {
        track: round(whole.start_pts * scale / whole.facts.time_scale)
        for track, scale in whole.facts.scales.items()
    }
    facts = Facts()
    handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    try:
        with part.open("rb") as file:
            for unit in [whole.init, *whole.fragments]:
                data = os.pread(file.fileno(), unit.size, unit.offset)
                moved = mp4.earlier(data, ticks) if unit is not whole.init else data
                facts.add(moved)
                write_all(handle, moved)
    finally:
        os.close(handle)
    return facts


def _end(unit: Unit) -> int:
    return unit.offset + unit.size


def _sound(handle: int, unit: Unit | None) -> bytes | None:
    if unit is None or _end(unit) > os.fstat(handle).st_size:
        return None
    data = os.pread(handle, unit.size, unit.offset)
    return data if zlib.crc32(data) == unit.crc32 else None


def _read(handle: int, unit: Unit, track: int) -> mp4.Run | None:
    """A sound fragment's pictures; one that holds audio alone has none, and is sound too."""
    data = _sound(handle, unit)
    if data is None or mp4.unit_size(data) != len(data):
        return None
    return mp4.read_run(data, track) or mp4.Run(0, 0, 0, False)


def _from_keyframe(run: list[tuple[Unit, mp4.Run]]) -> list[tuple[Unit, mp4.Run]]:
    first = next((i for i, (_, pictures) in enumerate(run) if pictures.keyframe), len(run))
    return run[first:]


def _ticks(run: list[tuple[Unit, mp4.Run]]) -> int:
    return max((p.end_pts for _, p in run), default=0) - run[0][1].pts if run else -1
