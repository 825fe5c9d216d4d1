"""What a torture found, and where it works."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_SHOWN = 20
_SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 files that are looked at once and dropped

Say = Callable[[str], None]


@dataclass(slots=True)
class Verdict:
    """Figures of one run, and each breach of a law in words; `seed` makes the run again."""

    name: str
    seed: int
    figures: dict[str, Any] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)

    def hold(self, holds: bool, breach: str) -> None:
        """Note a breach unless the law holds."""
        if not holds:
            self.broken.append(breach)

    def count(self, figure: str, by: int = 1) -> None:
        """Add to a figure."""
        self.figures[figure] = self.figures.get(figure, 0) + by

    def take_in(self, other: Verdict) -> None:
        """Add what another torture found, its figures under its name."""
        self.figures |= {f"{other.name}_{name}": value for name, value in other.figures.items()}
        self.broken += other.broken

    def as_json(self) -> dict[str, Any]:
        told = {"torture": self.name, "seed": self.seed, **self.figures}
        return {**told, "broken": len(self.broken), "breaches": self.broken[:_SHOWN]}


@contextmanager
def scratch(*, on_disk: bool = False) -> Iterator[Path]:
    """A folder for a run; in memory where that will do, since thousands of files are synced."""
    base = None if on_disk or not _SHARED_MEMORY.is_dir() else _SHARED_MEMORY
    with tempfile.TemporaryDirectory(prefix="livecam-faults-", dir=base) as folder:
        yield Path(folder)
