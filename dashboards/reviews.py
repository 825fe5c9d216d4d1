"""Who looked when, and what has been reviewed: the gateway's own notes on events."""

from __future__ import annotations

from collections.abc import Iterable

from edge.home import Home
from flows.database import Database

# A visit goes on while its pages are looked at; whoever comes back later begins a new one.
VISIT_MS = 30 * 60_000
# So that a page which runs at every click doesn't write at every click.
NOTED_MS = 60_000

_SCHEMA = """
CREATE TABLE IF NOT EXISTS reviewed (
    event TEXT PRIMARY KEY, start_ms INTEGER NOT NULL, who TEXT NOT NULL, at_ms INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS reviewed_start ON reviewed (start_ms);
CREATE TABLE IF NOT EXISTS visits (
    who TEXT PRIMARY KEY, since_ms INTEGER, at_ms INTEGER NOT NULL
);
"""


class Reviews:
    """Notes of one home. What is reviewed is so for everybody; when one looked is one's own."""

    def __init__(self, home: Home) -> None:
        self._notes = Database(home.gateway / "review.db", _SCHEMA)

    def visit(self, who: str, now_ms: int) -> int | None:
        """Note that somebody looks; when their visit before this one ended, None at their first."""
        with self._notes.reading() as notes:
            row = notes.execute("SELECT since_ms, at_ms FROM visits WHERE who = ?", (who,))
            since_ms, at_ms = row.fetchone() or (None, None)
        if at_ms is not None and now_ms - at_ms > VISIT_MS:
            since_ms = at_ms
        if at_ms is None or not 0 <= now_ms - at_ms < NOTED_MS:
            with self._notes.writing() as notes:
                notes.execute("REPLACE INTO visits VALUES (?, ?, ?)", (who, since_ms, now_ms))
        return None if since_ms is None else int(since_ms)

    def mark(self, events: Iterable[str], who: str, now_ms: int) -> None:
        """Note events, by id, as reviewed; who did so first stays."""
        rows = [(event, _start_ms(event), who, now_ms) for event in events]
        with self._notes.writing() as notes:
            notes.executemany("INSERT OR IGNORE INTO reviewed VALUES (?, ?, ?, ?)", rows)

    def unmark(self, events: Iterable[str]) -> None:
        """Forget that they were."""
        with self._notes.writing() as notes:
            notes.executemany("DELETE FROM reviewed WHERE event = ?", [(one,) for one in events])

    def reviewed(self, start_ms: int, end_ms: int) -> dict[str, str]:
        """Reviewed events that began in `[start_ms, end_ms)`, and who reviewed each."""
        with self._notes.reading() as notes:
            rows = notes.execute(
                "SELECT event, who FROM reviewed WHERE start_ms >= ? AND start_ms < ?",
                (start_ms, end_ms),
            )
            return dict(rows.fetchall())


def _start_ms(event: str) -> int:
    """The last part of an event's id is when it began."""
    return int(event.rpartition("_")[2])
