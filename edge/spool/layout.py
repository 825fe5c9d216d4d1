"""The spool's folders, and the few ways in which files move between them."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path

from edge.durable import disk_errors, move_new, sync_file, sync_folder, write_file
from edge.errors import BadName, SpoolFull
from edge.segment import SUFFIX, Gap, Segment, SegmentName

SIDECAR, GAP, REASON, TEMPORARY = ".json", ".gap.json", ".reason.json", ".tmp"
_RESERVE_BYTES = 256 << 10  # some sixty gaps of a block each
FOLDERS = ("recording", "sealed", "quarantine", "account", "locks")


class Layout:
    """Where things lie under a spool's root; makes the folders."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.recording = root / "recording"
        self.sealed = root / "sealed"
        self.quarantine = root / "quarantine"
        self.account = root / "account"
        self.locks = root / "locks"
        self._reserve = root / "reserve"
        with disk_errors(None, root):
            for name in FOLDERS:
                (root / name).mkdir(parents=True, exist_ok=True)
            if not self._reserve.exists():
                self.fill_reserve()

    def sealed_file(self, segment: Segment) -> Path:
        return self.sealed / segment.name.file

    def sealed_names(self, camera: str | None = None) -> list[SegmentName]:
        """Of every sealed MP4, or of one camera's, oldest first."""
        with os.scandir(self.sealed) as entries:
            files = [entry.name for entry in entries if entry.name.endswith(SUFFIX)]
        names = (self._name(file) for file in files)
        chosen = (name for name in names if name and camera in (None, name.camera))
        return sorted(chosen, key=lambda name: (name.start_ms, name.camera))

    def _name(self, file: str) -> SegmentName | None:
        """A sealed file's name; a file that nothing of ours wrote must not hold up the queue."""
        try:
            return SegmentName.from_file(file)
        except BadName as error:
            with suppress(FileNotFoundError):  # another process did so first
                self.set_apart(self.sealed / file, error.message)
            return None

    def gap_files(self) -> list[Path]:
        with os.scandir(self.sealed) as entries:
            return sorted(self.sealed / e.name for e in entries if e.name.endswith(GAP))

    def seal(self, part: Path, segment: Segment) -> None:
        """Carry a whole file over to sealed/ in the order of E1. Raises SpoolFull."""
        with disk_errors(segment.camera, part):
            self._seal(part, segment)

    def _seal(self, part: Path, segment: Segment) -> None:
        target = self.sealed_file(segment)
        if target.exists():
            part.unlink()  # nothing sealed is ever touched, and this is what it holds
            return
        sync_file(part)
        # Durable before the MP4 has its name: POSIX lets a folder keep the later name alone.
        write_file(sidecar_of(target), segment.model_dump_json().encode())
        self.move_in(part, target)

    def move_in(self, part: Path, target: Path) -> None:
        """The last step of E1; a file of the same name has the same digest, so it is this one."""
        try:
            move_new(part, target)
        except FileExistsError:
            sync_folder(self.sealed)
            part.unlink()

    def write_gap(self, gap: Gap) -> Path:
        """Make a gap durable; the same gap twice is one."""
        path = self.sealed / f"{gap.id}{GAP}"
        with disk_errors(gap.camera, path):
            write_file(path, gap.model_dump_json().encode())
        return path

    def fill_reserve(self) -> None:
        """Keep some room for the gaps that must be written when there is none."""
        handle = os.open(self._reserve, os.O_WRONLY | os.O_CREAT, 0o644)
        try:
            os.posix_fallocate(handle, 0, _RESERVE_BYTES)
        except OSError:
            os.ftruncate(handle, 0)  # a full disk, or one that cannot: what is there must do
        finally:
            os.close(handle)

    def write_gap_in_reserve(self, gap: Gap) -> None:
        """Make a gap durable even on a full disk, by giving up the reserve."""
        try:
            self.write_gap(gap)
        except SpoolFull:
            os.truncate(self._reserve, 0)
            self.write_gap(gap)

    def set_apart(self, path: Path, reason: str, **facts: object) -> Path:
        """Move a file to quarantine/ with the reason beside it. Raises SpoolFull."""
        target = self.quarantine / path.name
        number = 0
        while target.exists():
            number += 1
            target = self.quarantine / f"{path.stem}.{number}{path.suffix}"
        told = {"name": path.name, "reason": reason, **facts}
        with disk_errors(None, target):
            write_file(self.quarantine / f"{target.name}{REASON}", json.dumps(told).encode())
        path.rename(target)
        sync_folder(self.quarantine)
        return target


def sidecar_of(mp4: Path) -> Path:
    return mp4.with_suffix(SIDECAR)
