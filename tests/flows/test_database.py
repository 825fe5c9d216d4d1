from __future__ import annotations

from pathlib import Path
from threading import Thread

import pytest

from edge.errors import Retryable
from flows.database import Database

SCHEMA = "CREATE TABLE IF NOT EXISTS counts (name TEXT PRIMARY KEY, n INTEGER NOT NULL)"


def counted(database: Database) -> int:
    with database.reading() as found:
        row = found.execute("SELECT n FROM counts").fetchone()
    return int(row["n"]) if row else 0


def test_what_is_half_written_is_not_kept(tmp_path: Path) -> None:
    database = Database(tmp_path / "gateway" / "one.db", SCHEMA)

    def half() -> None:
        with database.writing() as to:
            to.execute("INSERT INTO counts VALUES ('a', 1)")
            raise ValueError("in the middle")

    with pytest.raises(ValueError, match="in the middle"):
        half()
    assert counted(database) == 0


def test_threads_and_others_write_one_after_another(tmp_path: Path) -> None:
    path = tmp_path / "one.db"
    with Database(path, SCHEMA).writing() as to:
        to.execute("INSERT INTO counts VALUES ('a', 0)")

    def add() -> None:
        mine = Database(path, SCHEMA)
        for _ in range(20):
            with mine.writing() as to:
                before = to.execute("SELECT n FROM counts").fetchone()["n"]
                to.execute("UPDATE counts SET n = ?", (before + 1,))

    threads = [Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counted(Database(path, SCHEMA)) == 80


def test_its_owner_alone_may_read_it(tmp_path: Path) -> None:
    path = tmp_path / "gateway" / "one.db"
    counted(Database(path, SCHEMA))
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)


def test_a_file_that_is_none_is_said_so(tmp_path: Path) -> None:
    path = tmp_path / "a" / "one.db"
    path.mkdir(parents=True)
    with pytest.raises(Retryable, match="can't be used"), Database(path, SCHEMA).reading():
        pass
