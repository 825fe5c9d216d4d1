"""Who is logged in where. A session's row is what makes its token good: gone, it ends at once."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from dashboards.access.secrets import kept as kept_of
from dashboards.access.secrets import token
from dashboards.access.signers import DAY_MS, Signers
from edge.clock import Clock
from flows.database import Database

KNOWN_MS = 180 * DAY_MS
MOST_DEVICES = 20


@dataclass(frozen=True, slots=True)
class Session:
    """One browser's. `csrf` is what a changing request must name, too."""

    id: str
    user: str
    csrf: str
    made_ms: int
    until_ms: int
    address: str
    agent: str


class Sessions:
    """The sessions and the known browsers of one home."""

    def __init__(self, database: Database, clock: Clock, signers: Signers) -> None:
        self._database, self._clock, self._signers = database, clock, signers

    def open(self, user: str, address: str = "", agent: str = "") -> tuple[Session, str]:
        """A new session and its token, for a day."""
        now_ms = self._clock.utc_ms()
        made = Session(token(), user, token(), now_ms, now_ms + DAY_MS, address, agent[:200])
        with self._database.writing() as kept:
            kept.execute("DELETE FROM sessions WHERE until_ms <= ?", (now_ms,))
            kept.execute(
                "INSERT INTO sessions VALUES (?, ?, ?, ?, ?, ?, ?)",
                (made.id, user, made.csrf, now_ms, made.until_ms, address, made.agent),
            )
        return made, self._signers.signed({"sub": user, "sid": made.id}, made.until_ms)

    def find(self, word: str) -> Session | None:
        """The session that a token names, where both are good still."""
        told = self._signers.read(word)
        if told is None or not isinstance(told.get("sid"), str):
            return None
        with self._database.reading() as kept:
            row = kept.execute(
                "SELECT * FROM sessions WHERE id = ? AND user = ? AND until_ms > ?",
                (told["sid"], told.get("sub"), self._clock.utc_ms()),
            ).fetchone()
        return None if row is None else Session(*row)

    def of(self, user: str) -> list[Session]:
        """An account's, newest first."""
        with self._database.reading() as kept:
            rows = kept.execute(
                "SELECT * FROM sessions WHERE user = ? AND until_ms > ? ORDER BY made_ms DESC",
                (user, self._clock.utc_ms()),
            )
            return [Session(*row) for row in rows]

    def end(self, id: str) -> None:  # noqa: A002
        """Log one out; harmless to repeat."""
        with self._database.writing() as kept:
            kept.execute("DELETE FROM sessions WHERE id = ?", (id,))

    def end_all(self, user: str, *, but: str = "") -> None:
        """Log an account out everywhere, or everywhere but in one session; no browser is known."""
        with self._database.writing() as kept:
            kept.execute("DELETE FROM sessions WHERE user = ? AND id != ?", (user, but))
            kept.execute("DELETE FROM devices WHERE user = ?", (user,))

    def know(self, user: str) -> str:
        """A word by which a browser is known to an account from now on."""
        made, now_ms = token(), self._clock.utc_ms()
        with self._database.writing() as kept:
            kept.execute(
                "INSERT INTO devices VALUES (?, ?, ?)", (kept_of(made), user, now_ms + KNOWN_MS)
            )
            _forget_oldest(kept, user, now_ms)
        return made

    def known(self, user: str, device: str | None) -> str | None:
        """What is kept of a browser's word, where it is known to that account."""
        if not device:
            return None
        with self._database.reading() as kept:
            row = kept.execute(
                "SELECT hash FROM devices WHERE hash = ? AND user = ? AND until_ms > ?",
                (kept_of(device), user, self._clock.utc_ms()),
            ).fetchone()
        return None if row is None else str(row["hash"])


def _forget_oldest(kept: sqlite3.Connection, user: str, now_ms: int) -> None:
    kept.execute("DELETE FROM devices WHERE until_ms <= ?", (now_ms,))
    kept.execute(
        "DELETE FROM devices WHERE user = ? AND hash NOT IN (SELECT hash FROM devices"
        " WHERE user = ? ORDER BY until_ms DESC LIMIT ?)",
        (user, user, MOST_DEVICES),
    )
