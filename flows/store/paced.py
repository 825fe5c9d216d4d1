"""A body that is sent no quicker than somebody allows."""

from __future__ import annotations

from typing import Any, BinaryIO

from flows.store import Pace


class Paced:
    """A binary file whose every block is allowed before it is handed out.

    What reads it is the connection, in blocks of 16 KiB: a body is hashed before it comes here.
    """

    def __init__(self, file: BinaryIO, pace: Pace) -> None:
        self._file, self._pace = file, pace

    def read(self, size: int = -1) -> bytes:
        block = self._file.read(size)
        if block:
            self._pace(len(block))
        return block

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)  # seek, tell: botocore rewinds what it sends again
