"""The spool's folders, and the few ways in which files move between them."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path

from edge.durable import disk_errors, move_new, sync_file, sync_folder, write_file
from edge.errors import BadName
from edge.quota import FIRST_RESERVE_BYTES
from edge.segment import SUFFIX, Gap, Segment, SegmentName
from edge.spool import sidecar
from edge.spool.reserve import Reserve

SIDECAR, GAP, REASON, TEMPORARY = ".json", ".gap.json", ".reason.json", ".tmp"
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
        self.policy = root / "policy.json"
        self.vain = root / "vain"
        self.reserve = Reserve(root / "reserve")
        with disk_errors(None, root):
            for name in FOLDERS:
                (root / name).mkdir(parents=True, exist_ok=True)
            if not self.reserve.path.exists():
                self.reserve.fill(FIRST_RESERVE_BYTES)

    def sealed_file(self, segment: Segment) -> Path:
        return self.sealed / segment.name.file

    def sealed_names(self, camera: str | None = None) -> list[SegmentName]:
        """Of every sealed MP4, or of one camera's, oldest first."""
        own = "" if camera is None else f"{camera}_"  # no name is parsed for nothing
        with os.scandir(self.sealed) as entries:
            names = [entry.name for entry in entries]
        files = [name for name in names if name.startswith(own) and name.endswith(SUFFIX)]
        found = (self._name(file) for file in files)
        return sorted(filter(None, found), key=lambda name: (name.start_ms, name.camera))

    def newest_bytes(self, camera: str) -> int:
        """What its newest sealed file takes; 0 where there is none."""
        for name in reversed(self.sealed_names(camera)):
            with suppress(FileNotFoundError):
                return (self.sealed / name.file).stat().st_size
        return 0

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
        # On a full disk too: its bytes are there, and only sealed they are safe.
        self.reserve.write(sidecar_of(target), sidecar.to_bytes(segment))
        self.move_in(part, target)

    def move_in(self, part: Path, target: Path) -> None:
        """The last step of E1; a file of the same name has the same digest, so it is this one."""
        try:
            move_new(part, target)
        except FileExistsError:
            sync_folder(self.sealed)
            part.unlink()

    def write_gap(self, gap: Gap) -> Path:
        """Make a gap durable, on a full disk too; the same gap twice is one."""
        path = self.sealed / f"{gap.id}{GAP}"
        with disk_errors(gap.camera, path):
            self.reserve.write(path, gap.model_dump_json().encode())
        return path

    def write_account(self, camera: str, data: bytes) -> None:
        """Make it durable up to when a camera's time is accounted for, on a full disk too."""
        path = self.account / f"{camera}.json"
        with disk_errors(camera, path):
            self.reserve.write(path, data)

    def write_policy(self, data: bytes) -> None:
        """Say how the spool is kept, on a full disk too."""
        with disk_errors(None, self.policy):
            self.reserve.write(self.policy, data)

    def remove(self, *paths: Path) -> None:
        """Take sealed files away, MP4s or gaps.

        An MP4's name is gone for good before its sidecar goes, or a power cut could bring back
        the one without the other (E1).
        """
        for path in paths:
            path.unlink(missing_ok=True)
        mp4s = [path for path in paths if path.suffix == SUFFIX]
        if mp4s:
            sync_folder(self.sealed)
        for path in mp4s:
            sidecar_of(path).unlink(missing_ok=True)

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
