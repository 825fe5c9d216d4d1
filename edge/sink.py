"""Whole units of a fragmented MP4 to disk: hashed, checksummed and indexed as they pass."""

from __future__ import annotations

import hashlib
import os
import threading
import zlib
from dataclasses import dataclass
from pathlib import Path

from edge import mp4
from edge.durable import disk_errors, full, sync_folder, write_all
from edge.errors import BadMedia, LivecamError
from edge.part import PartHeader, Unit, end_line, header_line, index_path, unit_line
from edge.segment import Fragment

SYNC_SECONDS = 3.5  # E4 allows 5 s: an interval, a fragment, and half a second for the disk


@dataclass(frozen=True, slots=True)
class Written:
    """A finished file's facts, in the units of `Segment`."""

    sha256: str
    size_bytes: int
    media_ms: int
    fragments: tuple[Fragment, ...]
    init_bytes: int
    codec: str
    mime_codecs: str
    width: int
    height: int
    fps: float
    time_scale: int
    audio: str | None


class Facts:
    """Adds up what the units of a file tell, as they are written or read back."""

    def __init__(self) -> None:
        self.init: mp4.Init | None = None
        self.init_bytes = 0
        self.size_bytes = 0
        self.end_pts = 0
        self.frames = 0
        self.fragments: list[Fragment] = []
        self.sha256 = hashlib.sha256()

    def add(self, unit: bytes) -> Unit:
        """Take the next unit; answer its index entry. Raises BadMedia."""
        entry = Unit(self.size_bytes, len(unit), zlib.crc32(unit))
        if self.init is None:
            self.init = mp4.read_init(unit)
            self.init_bytes = len(unit)
        else:
            self._add_fragment(unit, entry, self.init)
        self.sha256.update(unit)
        self.size_bytes += len(unit)
        return entry

    def _add_fragment(self, unit: bytes, entry: Unit, init: mp4.Init) -> None:
        run = mp4.read_run(unit, init.video_track) or mp4.Run(self.end_pts, 0, 0, False)
        self.end_pts = max(self.end_pts, run.end_pts)
        self.frames += run.frames
        self.fragments.append(
            Fragment(entry.offset, entry.size, run.pts, run.keyframe, entry.crc32)
        )

    def written(self) -> Written:
        """The facts. Raises BadMedia where not one picture was written."""
        if self.init is None or not self.frames:
            raise BadMedia("nothing was recorded that could be kept")
        scale = self.init.time_scale
        return Written(
            sha256=self.sha256.hexdigest(),
            size_bytes=self.size_bytes,
            media_ms=round(self.end_pts * 1000 / scale),
            fragments=tuple(self.fragments),
            init_bytes=self.init_bytes,
            codec=self.init.codec,
            mime_codecs=self.init.mime_codecs,
            width=self.init.width,
            height=self.init.height,
            fps=round(self.frames * scale / self.end_pts, 3) if self.end_pts else 0.0,
            time_scale=scale,
            audio=self.init.audio,
        )


class Sink:
    """The file object that the muxer writes to: whole units reach the disk, nothing else."""

    def __init__(self, path: Path, header: PartHeader) -> None:
        self.path = path
        self.camera = header.camera
        self.facts = Facts()
        self._pending = bytearray()
        self._failed: LivecamError | None = None
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        with disk_errors(self.camera, path):
            self._index = os.open(index_path(path), flags, 0o644)
            write_all(self._index, header_line(header))
            self._file = os.open(path, flags, 0o644)
        self._stop = threading.Event()
        self._syncer = threading.Thread(target=self._sync_often, name="sync", daemon=True)
        self._syncer.start()

    def write(self, data: bytes) -> int:
        """Called by the muxer, once a fragment as a rule."""
        if not self._pending and mp4.unit_size(data) == len(data):
            self._keep(data)  # copying it would cost more than hashing it
            return len(data)
        self._pending += data
        while size := mp4.unit_size(self._pending):
            unit = bytes(self._pending[:size])
            del self._pending[:size]
            self._keep(unit)
        return len(data)

    def _keep(self, unit: bytes) -> None:
        self.check()
        whole = self.facts.size_bytes
        try:
            write_all(self._file, unit)
            write_all(self._index, unit_line(self.facts.add(unit)))
        except OSError as error:
            self._failed = full(error, self.camera, self.path)
            if self.facts.size_bytes == whole:
                # What was written of this unit is cut off: the file is whole, and can be sealed.
                os.ftruncate(self._file, whole)
            raise self._failed from error

    def end(self, wall_ms: int) -> None:
        """Note that the file is whole, and how long a time it stands for."""
        with disk_errors(self.camera, self.path):
            write_all(self._index, end_line(wall_ms))

    def check(self) -> None:
        """Raise what went wrong before, if anything did."""
        if self._failed:
            raise self._failed

    def _sync_often(self) -> None:
        # E4: off the packets' path, so that a slow disk holds no packet up.
        named = False
        while not self._stop.wait(SYNC_SECONDS):
            try:
                os.fdatasync(self._file)
                os.fdatasync(self._index)
                if not named:  # not every file system makes a name durable with its file
                    sync_folder(self.path.parent)
                    named = True
            except OSError as error:
                # Raised where the packets are written: this thread has no caller.
                self._failed = full(error, self.camera, self.path)
                return

    def close(self) -> None:
        """Make the file durable and let go of it; harmless to repeat."""
        if self._stop.is_set():
            return
        self._stop.set()
        self._syncer.join()
        try:
            with disk_errors(self.camera, self.path):
                os.fsync(self._file)
        finally:
            os.close(self._file)
            os.close(self._index)
