"""Waiting for what another process does."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

PATIENCE_S = 60.0


def wait_until(ready: Callable[[], Any], *, what: str, seconds: float = PATIENCE_S) -> None:
    """Returns once `ready()` is true; raises TimeoutError, naming `what`, after `seconds`."""
    deadline = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} not within {seconds:g} s")
        time.sleep(0.05)
