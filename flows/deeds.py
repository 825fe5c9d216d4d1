"""The log of deeds: who did what and when, append-only, each row chained to the one before (A3).

`gateway/deeds.db` of the home where it was done. Two triggers refuse changes to what stands there;
whoever takes them away and changes a row breaks the chain, and `verify` names the row. What may
come ten thousand times a minute (refusals) is counted first, and told as one row a minute.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path

from edge.clock import Clock, SystemClock
from edge.home import Home
from flows.database import Database

FILE = "deeds.db"
DONE, REFUSED = "done", "refused"
# How long what is counted may wait to be told.
COUNTED_MS = 60_000
LONGEST = 300

_GIVEN = "SELECT seq FROM sqlite_sequence WHERE name = 'deeds'"
_COLUMNS = "seq, at_ms, who, address, action, object, outcome, times, before, hash"
_SCHEMA = """
CREATE TABLE IF NOT EXISTS deeds (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, at_ms INTEGER NOT NULL, who TEXT NOT NULL,
  address TEXT NOT NULL, action TEXT NOT NULL, object TEXT NOT NULL, outcome TEXT NOT NULL,
  times INTEGER NOT NULL, before TEXT NOT NULL, hash TEXT NOT NULL);
CREATE TRIGGER IF NOT EXISTS never_changed BEFORE UPDATE ON deeds
  BEGIN SELECT RAISE(ABORT, 'a deed is never changed'); END;
CREATE TRIGGER IF NOT EXISTS never_deleted BEFORE DELETE ON deeds
  BEGIN SELECT RAISE(ABORT, 'a deed is never deleted'); END;
CREATE TABLE IF NOT EXISTS counted (
  who TEXT, address TEXT, action TEXT, object TEXT, outcome TEXT, first_ms INTEGER NOT NULL,
  times INTEGER NOT NULL, PRIMARY KEY (who, address, action, object, outcome));
"""


@dataclass(frozen=True, slots=True)
class Deed:
    """One row. `who` is an account, `key:<name>`, `cli:<user>`, a flow, or "" for nobody known.

    `times`: how often it happened within a minute; `before` is the row before's `hash`.
    """

    seq: int
    at_ms: int
    who: str
    address: str
    action: str
    object: str
    outcome: str
    times: int
    before: str
    hash: str

    @property
    def sound(self) -> bool:
        """Whether the row is what its hash says."""
        return self.hash == _hash({k: v for k, v in asdict(self).items() if k != "hash"})


class Deeds:
    """The log of one home; threads and processes may share it."""

    def __init__(self, home: Home, clock: Clock) -> None:
        self._database = Database(home.gateway / FILE, _SCHEMA)
        self._clock = clock

    def tell(
        self, who: str, action: str, what: str, *, address: str = "", outcome: str = DONE
    ) -> None:
        """Write one down; it stands when this returns. Raises Retryable where it can't."""
        now_ms = self._clock.utc_ms()
        with self._database.writing() as log:
            self._roll(log, now_ms)
            _append(log, now_ms, [_short(w) for w in (who, address, action, what, outcome)], 1)

    def count(
        self, who: str, action: str, what: str, *, address: str = "", outcome: str = REFUSED
    ) -> None:
        """The same for what may come in floods: told with its number within a minute."""
        now_ms = self._clock.utc_ms()
        words = [_short(w) for w in (who, address, action, what, outcome)]
        with self._database.writing() as log:
            self._roll(log, now_ms)
            log.execute(
                "INSERT INTO counted VALUES (?, ?, ?, ?, ?, ?, 1)"
                " ON CONFLICT DO UPDATE SET times = times + 1",
                (*words, now_ms),
            )

    def newest(self, limit: int, before_seq: int | None = None) -> list[Deed]:
        """Rows, newest first; what is counted so far is told before."""
        with self._database.writing() as log:
            self._roll(log, None)
        with self._database.reading() as log:
            rows = log.execute(
                f"SELECT {_COLUMNS} FROM deeds WHERE seq < ? ORDER BY seq DESC LIMIT ?",  # noqa: S608
                (before_seq or 1 << 62, limit),
            )
            return [Deed(*row) for row in rows]

    def verify(self) -> tuple[int, int | None]:
        """How many rows there are, and the first that breaks the chain."""
        with self._database.reading() as log:
            count, last, broken = 0, "", None
            for deed in _all(log):
                count += 1
                if broken is None and not (
                    deed.seq == count and deed.before == last and deed.sound
                ):
                    broken = min(deed.seq, count)
                last = deed.hash
            # SQLite keeps the highest number it ever gave: a tail that was cut off shows.
            given = log.execute(_GIVEN).fetchone()
        if broken is None and given is not None and given[0] > count:
            broken = count + 1
        return count, broken

    def _roll(self, log: sqlite3.Connection, now_ms: int | None) -> None:
        """Tell what was counted for long enough; all of it where `now_ms` is None."""
        until = 1 << 62 if now_ms is None else now_ms - COUNTED_MS
        found = log.execute(
            "SELECT who, address, action, object, outcome, first_ms, times FROM counted"
            " WHERE first_ms <= ? ORDER BY first_ms",
            (until,),
        ).fetchall()
        for *words, first_ms, times in found:
            _append(log, first_ms, words, times)
        if found:
            log.execute("DELETE FROM counted WHERE first_ms <= ?", (until,))


def _all(log: sqlite3.Connection) -> Iterator[Deed]:
    for row in log.execute(f"SELECT {_COLUMNS} FROM deeds ORDER BY seq"):  # noqa: S608
        yield Deed(*row)


def _append(log: sqlite3.Connection, at_ms: int, words: list[str], times: int) -> None:
    last = log.execute("SELECT seq, hash FROM deeds ORDER BY seq DESC LIMIT 1").fetchone()
    given = log.execute(_GIVEN).fetchone()
    # Never a number that was given before: the place of a tail that was cut off stays empty.
    seq, before = (given[0] if given else 0) + 1, last[1] if last else ""
    told = zip(("who", "address", "action", "object", "outcome"), words, strict=True)
    row = {"seq": seq, "at_ms": at_ms, **dict(told), "times": times, "before": before}
    values = (*row.values(), _hash(row))
    log.execute(f"INSERT INTO deeds ({_COLUMNS}) VALUES ({', '.join('?' * 10)})", values)  # noqa: S608


def _hash(row: dict[str, object]) -> str:
    text = json.dumps(row, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _short(text: str) -> str:
    return text.encode(errors="replace").decode()[:LONGEST]


@lru_cache(maxsize=8)
def _of(root: Path) -> Deeds:
    return Deeds(Home(root), SystemClock())


def tell(
    home: Home, who: str, action: str, what: str, *, address: str = "", outcome: str = DONE
) -> None:
    """Write a deed down in this home's log. Raises Retryable where it can't be."""
    _of(home.root).tell(who, action, what, address=address, outcome=outcome)


def count(
    home: Home, who: str, action: str, what: str, *, address: str = "", outcome: str = DONE
) -> None:
    """The same for what may come in floods, as one row a minute."""
    _of(home.root).count(who, action, what, address=address, outcome=outcome)
