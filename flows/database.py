"""A small SQLite file of the hub's own: what it must remember that is no fact of footage."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from edge.errors import Retryable

_WAIT_S = 10.0


class Database:
    """One file with one schema; safe to share between threads, and with other processes.

    `schema` is SQL that may be run again at any time (`CREATE … IF NOT EXISTS`). The file is
    readable by its owner alone.
    """

    def __init__(self, path: Path, schema: str) -> None:
        self._path, self._schema = path, schema
        self._own = threading.local()

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A connection to look with. Raises Retryable where the file can't be read."""
        with self._told():
            yield self._connection()

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction that nobody else writes beside: kept whole, or not at all."""
        with self._told():
            connection = self._connection()
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.rollback()
                raise
            connection.commit()

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.DatabaseError as error:
            # A broken rule of the schema is the caller's; the bare class means a spoiled file.
            if type(error) not in (sqlite3.OperationalError, sqlite3.DatabaseError):
                raise
            raise Retryable(f"the gateway's own file can't be used: {error}") from error

    def _connection(self) -> sqlite3.Connection:
        found: sqlite3.Connection | None = getattr(self._own, "connection", None)
        if found is None:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._path.touch(mode=0o600)
            found = sqlite3.connect(self._path, timeout=_WAIT_S, isolation_level=None)
            found.row_factory = sqlite3.Row
            # What was answered is kept, through a power loss too.
            found.executescript(f"PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; {self._schema}")
            self._own.connection = found
        return found
