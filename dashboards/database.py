"""Where the gateway's own small files come from: `flows.database`, which the command uses too."""

from __future__ import annotations

from flows.database import Database

__all__ = ["Database"]
