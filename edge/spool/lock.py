"""One writer a camera: an advisory lock that ends with the process that holds it."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from edge.durable import disk_errors
from edge.errors import Permanent


@contextmanager
def locked(path: Path, camera: str | None, wait_seconds: float) -> Iterator[None]:
    """Hold the lock at `path`. Waits a little, then raises Permanent."""
    with disk_errors(camera, path):
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        _take(handle, camera, path, wait_seconds)
        yield
    finally:
        os.close(handle)


def _take(handle: int, camera: str | None, path: Path, wait_seconds: float) -> None:
    deadline = time.monotonic() + wait_seconds
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise Permanent(
                    "another process holds this lock of the spool",
                    camera=camera,
                    path=path,
                    hint="One recorder and one import a camera: stop the other first",
                ) from None
            time.sleep(0.05)
        else:
            return
