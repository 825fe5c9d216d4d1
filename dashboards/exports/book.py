"""What exports there are and how far each is: a file of the gateway's own."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from dashboards.access.visitor import Visitor
from edge.clock import Clock
from edge.errors import ObjectMissing
from edge.home import Home
from flows.database import Database
from flows.stages.export import Wanted

FILE = "exports.db"
# A step of progress that is worth writing down.
STEP = 0.01

_SCHEMA = """
CREATE TABLE IF NOT EXISTS exports (
  number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, name TEXT NOT NULL,
  cameras TEXT NOT NULL, start_ms INTEGER NOT NULL, end_ms INTEGER NOT NULL, who TEXT NOT NULL,
  made_ms INTEGER NOT NULL, expected_bytes INTEGER NOT NULL, state TEXT NOT NULL,
  progress REAL NOT NULL DEFAULT 0, error TEXT, attempts INTEGER NOT NULL DEFAULT 0,
  files TEXT NOT NULL DEFAULT '[]', missing TEXT NOT NULL DEFAULT '{}');
"""
_BEHIND = "SELECT coalesce(max(number), 0) + 1 FROM exports WHERE made_ms <= ?"


class State(StrEnum):
    """Where an export stands."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Kept:
    """A file of an export as it lies in the bucket; `crc32` is what a zip needs of it."""

    name: str
    size_bytes: int
    sha256: str
    crc32: int
    camera: str = ""
    start_ms: int | None = None
    end_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Export:
    """One export; `number` counts them as they were asked for.

    `missing_ms`: of each camera that lacks some, how much of the stretch is in no file.
    """

    number: int
    id: str
    name: str
    cameras: tuple[str, ...]
    start_ms: int
    end_ms: int
    who: str
    made_ms: int
    expected_bytes: int
    state: State
    progress: float
    error: str | None
    attempts: int
    files: tuple[Kept, ...]
    missing_ms: dict[str, int]

    @property
    def size_bytes(self) -> int:
        return sum(file.size_bytes for file in self.files)

    @property
    def wanted(self) -> Wanted:
        """What was asked for."""
        return Wanted(self.cameras, self.start_ms, self.end_ms, self.name, self.who, self.id)

    def seen_by(self, visitor: Visitor) -> bool:
        """Whoever may not see one of its cameras sees nothing of it."""
        return all(visitor.sees(camera) for camera in self.cameras)


class Book:
    """The list of exports of one home. Threads and processes may share it."""

    def __init__(self, home: Home, clock: Clock) -> None:
        self._database, self._clock = Database(home.gateway / FILE, _SCHEMA), clock

    def add(self, wanted: Wanted, expected_bytes: int) -> Export:
        """Queue an export."""
        row = (wanted.id, wanted.name, json.dumps(sorted(set(wanted.cameras))))
        times = (wanted.start_ms, wanted.end_ms, wanted.who, self._clock.utc_ms())
        with self._database.writing() as kept:
            kept.execute(
                "INSERT INTO exports (id, name, cameras, start_ms, end_ms, who, made_ms,"
                " expected_bytes, state) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (*row, *times, expected_bytes, State.QUEUED),
            )
        return self.find(wanted.id)

    def find(self, id: str, visitor: Visitor | None = None) -> Export:  # noqa: A002
        """One export, for whoever may see it. Raises ObjectMissing for any other."""
        with self._database.reading() as kept:
            row = kept.execute("SELECT * FROM exports WHERE id = ?", (id,)).fetchone()
        found = None if row is None else _export(row)
        if found is None or (visitor is not None and not found.seen_by(visitor)):
            raise ObjectMissing("there is no such export")
        return found

    def newest(self, visitor: Visitor, limit: int, before: int | None = None) -> list[Export]:
        """Those that a visitor may see, newest first, numbered below `before`."""
        found: list[Export] = []
        for export in self._every(before):
            if len(found) == limit:
                break
            if export.seen_by(visitor):
                found.append(export)
        return found

    def number(self, id: str, made_ms: int) -> int:  # noqa: A002
        """An export's number; of one that was removed, where it would stand by its time."""
        with self._database.reading() as kept:
            row = kept.execute("SELECT number FROM exports WHERE id = ?", (id,)).fetchone()
            row = row or kept.execute(_BEHIND, (made_ms,)).fetchone()
        return int(row[0])

    def _every(self, before: int | None) -> Iterator[Export]:
        at = (1 << 62) if before is None else before
        while rows := self._page(at):
            yield from rows
            at = rows[-1].number

    def _page(self, before: int) -> list[Export]:
        with self._database.reading() as kept:
            return [
                _export(row)
                for row in kept.execute(
                    "SELECT * FROM exports WHERE number < ? ORDER BY number DESC LIMIT 200",
                    (before,),
                )
            ]

    def take(self) -> Export | None:
        """The oldest that is not ended, as running; one that was running when all died, too.

        Only whoever holds the exports' lock may ask.
        """
        with self._database.writing() as kept:
            row = kept.execute(
                "SELECT * FROM exports WHERE state IN (?, ?) ORDER BY attempts, number LIMIT 1",
                (State.QUEUED, State.RUNNING),
            ).fetchone()
            if row is None:
                return None
            kept.execute(
                "UPDATE exports SET state = ?, progress = 0, attempts = attempts + 1"
                " WHERE number = ?",
                (State.RUNNING, row["number"]),
            )
        return self.find(row["id"])

    def waiting(self) -> bool:
        """Whether there is one that is not ended."""
        with self._database.reading() as kept:
            query = "SELECT 1 FROM exports WHERE state IN (?, ?)"
            return kept.execute(query, (State.QUEUED, State.RUNNING)).fetchone() is not None

    def moved(self, export: Export, progress: float) -> None:
        """How far it is. Raises ObjectMissing where it was removed meanwhile."""
        self._update(export, "progress = ?", progress)

    def done(self, export: Export, files: Sequence[Kept], missing_ms: dict[str, int]) -> None:
        """It is whole, and these are its files."""
        listed = json.dumps([_listed(file) for file in files])
        self._update(
            export,
            "state = ?, progress = 1, error = NULL, files = ?, missing = ?",
            State.DONE,
            listed,
            json.dumps(missing_ms),
        )

    def failed(self, export: Export, error: str, *, again: bool = False) -> None:
        """It ended, and why; or waits to be tried again."""
        state = State.QUEUED if again else State.FAILED
        self._update(export, "state = ?, error = ?", state, error)

    def remove(self, export: Export) -> None:
        """Forget it."""
        with self._database.writing() as kept:
            kept.execute("DELETE FROM exports WHERE id = ?", (export.id,))

    def _update(self, export: Export, what: str, *values: object) -> None:
        with self._database.writing() as kept:
            query = f"UPDATE exports SET {what} WHERE id = ?"  # noqa: S608  our own words
            if not kept.execute(query, (*values, export.id)).rowcount:
                raise ObjectMissing("the export was removed")


def _listed(file: Kept) -> dict[str, Any]:
    return {name: getattr(file, name) for name in file.__slots__}


def _export(row: sqlite3.Row) -> Export:
    return Export(
        number=row["number"],
        id=row["id"],
        name=row["name"],
        cameras=tuple(json.loads(row["cameras"])),
        start_ms=row["start_ms"],
        end_ms=row["end_ms"],
        who=row["who"],
        made_ms=row["made_ms"],
        expected_bytes=row["expected_bytes"],
        state=State(row["state"]),
        progress=row["progress"],
        error=row["error"],
        attempts=row["attempts"],
        files=tuple(Kept(**file) for file in json.loads(row["files"])),
        missing_ms=json.loads(row["missing"]),
    )
