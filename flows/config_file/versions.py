"""Every livecam.yaml that was ever in force on the hub: numbered, with who, when and why.

In `gateway/config.db` of the hub's home. A text may hold passwords: it is for nodes (their part of
it) and for whoever may read the file itself.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from edge.clock import Clock
from edge.home import Home
from flows.database import Database

_SCHEMA = """
CREATE TABLE IF NOT EXISTS versions (
    number INTEGER PRIMARY KEY AUTOINCREMENT, digest TEXT NOT NULL, at_ms INTEGER NOT NULL,
    who TEXT NOT NULL, why TEXT NOT NULL, text BLOB NOT NULL
);
"""
_COLUMNS = "number, digest, at_ms, who, why, text"


@dataclass(frozen=True, slots=True)
class Version:
    """One content of the file; `digest` is its SHA-256, `who` "" where a person edited it."""

    number: int
    digest: str
    at_ms: int
    who: str
    why: str
    text: str = field(repr=False)


class Versions:
    """One home's; threads and processes may share it."""

    def __init__(self, home: Home, clock: Clock) -> None:
        self._database, self._clock = Database(home.gateway / "config.db", _SCHEMA), clock

    def keep(self, text: str, who: str = "", why: str = "") -> Version:
        """The version with this text: the newest where it is that, else a new one."""
        digest = digest_of(text)
        with self._database.writing() as database:
            newest = f"SELECT {_COLUMNS} FROM versions ORDER BY number DESC LIMIT 1"  # noqa: S608
            found = database.execute(newest).fetchone()
            if found is None or found["digest"] != digest:
                row = (digest, self._clock.utc_ms(), who, why, text.encode())
                added = "INSERT INTO versions (digest, at_ms, who, why, text) VALUES (?,?,?,?,?)"
                database.execute(added, row)
                found = database.execute(newest).fetchone()
        return _version(found)

    def newest(self) -> Version | None:
        """What is in force; None where nothing was kept yet."""
        return next(iter(self.before(limit=1)), None)

    def get(self, number: int) -> Version | None:
        """The version of that number, if there is one."""
        return next(iter(self.before(number + 1, limit=1, at_least=number)), None)

    def before(
        self, number: int | None = None, *, limit: int = 100, at_least: int = 0
    ) -> list[Version]:
        """Versions below a number, the newest first."""
        asked = (
            f"SELECT {_COLUMNS} FROM versions WHERE number < ? AND number >= ?"  # noqa: S608
            " ORDER BY number DESC LIMIT ?"
        )
        with self._database.reading() as database:
            rows = database.execute(asked, (number or 2**62, at_least, limit)).fetchall()
        return [_version(row) for row in rows]


def digest_of(text: str) -> str:
    """By which a node that reads the hub's own file knows its version."""
    return hashlib.sha256(text.encode()).hexdigest()


def _version(row: tuple[int, str, int, str, str, bytes]) -> Version:
    number, digest, at_ms, who, why, text = row
    return Version(number, digest, at_ms, who, why, text.decode())
