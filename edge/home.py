"""Where state lives: every path under LIVECAM_HOME is spelled here."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Home:
    """The folder that holds all of one machine's state."""

    root: Path

    @classmethod
    def from_environment(cls) -> Home:
        """`LIVECAM_HOME`, or `.livecam` in the working folder."""
        return cls(Path(os.environ.get("LIVECAM_HOME") or ".livecam").absolute())

    @property
    def spool(self) -> Path:
        return self.root / "spool"

    @property
    def recorder(self) -> Path:
        """What recorders tell of themselves, and what they are told."""
        return self.root / "recorder"

    @property
    def store(self) -> Path:
        return self.root / "store"

    @property
    def models(self) -> Path:
        return self.root / "models"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def run(self) -> Path:
        """What runs now: process ids and addresses."""
        return self.root / "run"

    @property
    def locks(self) -> Path:
        return self.root / "locks"

    @property
    def secrets(self) -> Path:
        """Keys made for this site; readable by the owner only."""
        return self.root / "secrets"

    @property
    def gateway(self) -> Path:
        """Accounts, and what else the gateway remembers that is no fact of footage."""
        return self.root / "gateway"

    @property
    def minio(self) -> Path:
        return self.root / "minio"

    @property
    def prefect(self) -> Path:
        return self.root / "prefect"

    @property
    def scratch(self) -> Path:
        """Downloads in use; safe to delete when nothing runs."""
        return self.root / "scratch"
