"""Durable means fsynced: temporary name, fsync, rename, fsync of the folder."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from edge.errors import SpoolFull

# What link() answers where the file system has no hard links (FAT, exFAT, some shares).
_NO_LINKS = {errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK}


@contextmanager
def disk_errors(camera: str | None, path: Path) -> Iterator[None]:
    """Map what a disk answers to SpoolFull, naming the camera and the file."""
    try:
        yield
    except OSError as error:
        raise full(error, camera, path) from error


def full(error: OSError, camera: str | None, path: Path) -> SpoolFull:
    """What to raise for a write that failed."""
    room = error.errno in {errno.ENOSPC, errno.EDQUOT}
    return SpoolFull(
        "the spool's disk is full" if room else f"the spool cannot be written: {error.strerror}",
        camera=camera,
        path=path,
        hint="Free space on it, or move LIVECAM_HOME to a larger disk",
    )


def sync_file(path: Path) -> None:
    """Make a file's bytes durable; nearly free where they are."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_file(path: Path, data: bytes, *, sync_names: bool = True) -> None:
    """Write or replace a small file: the whole of it is there after a crash, or the old one."""
    temporary = path.with_name(path.name + ".tmp")
    try:
        _write_new(temporary, data)
    except OSError:
        temporary.unlink(missing_ok=True)  # on a full disk each would take room for good
        raise
    temporary.replace(path)
    if sync_names:
        sync_folder(path.parent)


def _write_new(path: Path, data: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    try:
        write_all(handle, data)
        os.fsync(handle)
    finally:
        os.close(handle)


def write_all(handle: int, data: bytes | memoryview) -> None:
    """Write every byte, however often the system takes only some."""
    view = memoryview(data)
    while view:
        view = view[os.write(handle, view) :]


def move_new(source: Path, target: Path) -> None:
    """Rename without replacing; durable, and at no moment is the file without a durable name.

    Raises FileExistsError when the name is taken.
    """
    try:
        os.link(source, target)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        # Without links the test and the rename are two steps; the camera's lock is around both.
        if target.exists():
            raise FileExistsError(errno.EEXIST, "name taken", str(target)) from None
        source.rename(target)
        sync_folder(target.parent)
        return
    sync_folder(target.parent)
    source.unlink()
