"""Room that is kept for what must be written when a disk is full: gaps, and the account."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from edge.durable import write_file

# Given up bit by bit: what is freed at once, whoever else writes to the disk would take.
_PIECE_BYTES = 64 << 10
_FULL = {errno.ENOSPC, errno.EDQUOT}


class Reserve:
    """A file of blocks that are written to nobody. Processes may share it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def size_bytes(self) -> int:
        """What is left of it."""
        try:
            return self.path.stat().st_size
        except FileNotFoundError:
            return 0

    def fill(self, size_bytes: int) -> None:
        """Make it as large as it should be; where there is no room for that, it stays as it is."""
        had = self.size_bytes
        if had == size_bytes:
            return
        handle = os.open(self.path, os.O_WRONLY | os.O_CREAT, 0o644)
        try:
            if had > size_bytes:
                os.ftruncate(handle, size_bytes)
            else:
                os.posix_fallocate(handle, 0, size_bytes)
        except OSError:
            os.ftruncate(handle, had)  # a full disk, or one that cannot
        finally:
            os.close(handle)

    def write(self, path: Path, data: bytes) -> None:
        """Write a small file durably, giving up the reserve where there is no other room."""
        while True:
            try:
                write_file(path, data)
            except OSError as error:
                if error.errno not in _FULL or not self._give():
                    raise
            else:
                return

    def _give(self) -> bool:
        """Free a piece; False when there is none."""
        size = self.size_bytes
        if size:
            os.truncate(self.path, max(0, size - _PIECE_BYTES))
        return size > 0
