"""Segments of one camera joined into plain MP4 files, by stream copy, on their real time line.

The index stands before the pictures, so that a browser plays a file while it comes. What is a gap
is the picture before it, held; nothing is cut out, and no byte of a picture is touched.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from flows.media.growing import Growing, Joined, Mask, Span
from flows.media.moov import sources
from flows.media.samples import Ints, init_section, outline

__all__ = ["MOST_BYTES", "Joined", "Joiner", "Span"]

# One PUT takes 5 GiB, and what is carried away on a stick with FAT must stay below 4 GiB.
MOST_BYTES = 4_000_000_000
# Cameras drift, and two segments may overlap by a little: more than this is footage of a time
# that was told already.
_OVERLAP_MS = 1_500


class Joiner:
    """Takes a camera's segments in order of time, and writes `[start_ms, end_ms)` of them.

    A file begins with the keyframe at or before `start_ms`, and another one where codec
    parameters change or it grows beyond `most_bytes`.
    """

    def __init__(
        self, folder: Path, start_ms: int, end_ms: int, *, most_bytes: int = MOST_BYTES
    ) -> None:
        self._folder, self._start_ms, self._end_ms = folder, start_ms, end_ms
        self._most_bytes = most_bytes
        self._file: Growing | None = None
        self._reached_ms = start_ms
        self._count = 0

    def add(self, path: Path, segment_id: str, at_ms: int) -> Joined | None:
        """Take a segment whose media time 0 is `at_ms`; the file that ended before it, if any.

        Raises BadMedia, having taken nothing of it, where it cannot be read.
        """
        init = init_section(path)
        tracks = sources(init)
        pts, syncs = outline(path, tracks[0].id)
        keep = self._wanted(pts, syncs, at_ms, tracks[0].scale)
        if not keep.any():
            return None
        done = None
        if self._file is not None and not self._file.takes(
            tracks, at_ms, path.stat().st_size, self._most_bytes
        ):
            done = self.close()
        if self._file is None:
            self._count += 1
            data = self._folder / f".{self._count}.data"
            self._file = Growing(data, init, tracks, at_ms, int(pts[keep][0]), self._end_ms)
        span = self._file.add(path, segment_id, tracks, at_ms, pts, keep)
        self._reached_ms = max(self._reached_ms, span.end_ms)
        return done

    def close(self) -> Joined | None:
        """Write the file that was begun, if any."""
        file, self._file = self._file, None
        return None if file is None else file.finish(self._folder / f".{self._count}.mp4")

    def abandon(self) -> None:
        """Let go of what was begun, and leave nothing of it."""
        file, self._file = self._file, None
        if file is not None:
            file.abandon()

    def _wanted(self, pts: Ints, syncs: Mask, at_ms: int, scale: int) -> Mask:
        """Which pictures, in decode order: from a keyframe on, up to the last before the end.

        Pictures that others lean on are among them where they are shown after the end.
        """
        number = np.arange(len(pts))
        before = np.flatnonzero(pts * 1_000 < (self._end_ms - at_ms) * scale)
        first = self._first(pts, syncs, at_ms, scale)
        if first is None or not before.size:
            return np.zeros(len(pts), np.bool_)
        # What leads an open GOP leans on pictures that are not there.
        keep: Mask = (number >= first) & (number <= before[-1]) & (pts >= pts[first])
        return keep

    def _first(self, pts: Ints, syncs: Mask, at_ms: int, scale: int) -> int | None:
        keys = np.flatnonzero(syncs)
        if not keys.size:
            return None
        at = pts[keys] * 1_000
        if self._file is None and self._reached_ms == self._start_ms:
            reached = keys[at <= (self._start_ms - at_ms) * scale]
            return int(reached[-1] if reached.size else keys[0])
        if self._reached_ms - at_ms <= _OVERLAP_MS:
            return int(keys[0])
        later = keys[at >= (self._reached_ms - at_ms) * scale]
        return int(later[0]) if later.size else None
