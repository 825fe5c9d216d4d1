"""The local feed of what moves: `recorder/events.jsonl`, a row for each start and end of motion.

For whoever follows the file (`tail -F`) on this machine; the catalogue knows what moved later.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

FILE = "events.jsonl"
MOST_BYTES = 1 << 20  # then it becomes `events.1.jsonl`, in the place of the one before


class Events:
    """Appends to the feed in `folder`. A full disk costs rows, never a recording."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE

    def add(self, row: Mapping[str, Any]) -> None:
        """Write a row down at once; never synced."""
        with suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(row) + "\n")
                grown = file.tell() >= MOST_BYTES
            if grown:
                self._path.replace(self._path.with_suffix(".1.jsonl"))
