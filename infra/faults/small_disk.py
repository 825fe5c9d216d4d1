"""A disk of a few dozen MB: a tmpfs where mounting is allowed, else writes that fail."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from infra.faults.seam import replaced

_BALLAST = "ballast"
_PIECES = (1 << 20, 1 << 12)


class SmallDisk(Protocol):
    """Something that a spool fills up."""

    kind: str
    root: Path

    def free_bytes(self) -> int:
        """What the disk says is left."""

    def fill(self) -> None:
        """Take all that is left."""

    def release(self) -> None:
        """Give it back."""


@contextmanager
def small_disk(folder: Path, size_bytes: int, *, mount: bool) -> Iterator[SmallDisk]:
    """A disk of that size at `folder`; `mount`: a real one, where that is allowed."""
    folder.mkdir()
    if not (mount and _mount(folder, size_bytes)):
        disk = _Injected(folder, size_bytes)
        with replaced(write=disk.write, posix_fallocate=disk.fallocate):
            yield disk
        return
    try:
        yield _Tmpfs(folder)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=False, capture_output=True)


def _mount(folder: Path, size_bytes: int) -> bool:
    words = ["mount", "-t", "tmpfs", "-o", f"size={size_bytes}", "tmpfs", str(folder)]
    try:
        return subprocess.run(words, check=False, capture_output=True).returncode == 0
    except FileNotFoundError:
        return False


class _Tmpfs:
    """A real one: whatever goes wrong is what a full disk does."""

    kind = "tmpfs"

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.root = folder / "spool"

    def free_bytes(self) -> int:
        return shutil.disk_usage(self._folder).free

    def fill(self) -> None:
        with (self._folder / _BALLAST).open("ab", buffering=0) as file:
            for size in _PIECES:
                try:
                    while file.write(bytes(size)):
                        pass
                except OSError as error:
                    if error.errno != errno.ENOSPC:
                        raise

    def release(self) -> None:
        (self._folder / _BALLAST).unlink(missing_ok=True)


class _Injected:
    """Counts what lies below a folder, and fails writes that would be too much."""

    kind = "injected"

    def __init__(self, folder: Path, size_bytes: int) -> None:
        self.root = folder / "spool"
        self._size, self._ballast = size_bytes, 0
        self._write, self._fallocate = os.write, os.posix_fallocate
        self._lock = threading.Lock()

    def free_bytes(self) -> int:
        return max(0, self._size - self._ballast - self._used())

    def _used(self) -> int:
        return sum(
            path.stat().st_blocks * 512 for path in list(self.root.rglob("*")) if path.exists()
        )

    def write(self, handle: int, data: Any) -> int:
        self._check(handle, len(data))
        return self._write(handle, data)

    def fallocate(self, handle: int, offset: int, size: int) -> None:
        self._check(handle, max(0, offset + size - os.fstat(handle).st_size))
        self._fallocate(handle, offset, size)

    def _check(self, handle: int, size: int) -> None:
        path = str(Path(f"/proc/self/fd/{handle}").readlink())
        with self._lock:
            if path.startswith(str(self.root)) and size > self.free_bytes():
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), path)

    def fill(self) -> None:
        self._ballast = self.free_bytes()

    def release(self) -> None:
        self._ballast = 0
