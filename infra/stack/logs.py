"""Logs of parts: cut short by size under the running process, and their last words."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

LIMIT_BYTES = 10_000_000
TAIL_BYTES = 4_000


def rotate(log: Path, limit_bytes: int = LIMIT_BYTES) -> bool:
    """Move a log's content to `<name>.1` when it is over the limit; whether it was.

    Copied and emptied rather than renamed: an adopted part goes on writing to the same file.
    """
    if not log.exists() or log.stat().st_size <= limit_bytes:
        return False
    shutil.copyfile(log, log.with_suffix(log.suffix + ".1"))
    os.truncate(log, 0)
    return True


def last_words(log: Path, lines: int = 1) -> str:
    """The last lines that say something; "" where there are none."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - TAIL_BYTES))
            text = file.read().decode(errors="replace")
    except OSError:
        return ""
    said = [line.strip() for line in text.splitlines() if line.strip()]
    return "\n".join(said[-lines:])
