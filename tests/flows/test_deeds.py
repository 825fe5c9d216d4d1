"""The log of deeds: nothing leaves it, and what is changed by force is named."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from threading import Thread

import pytest

from edge.home import Home
from flows.deeds import Deeds
from tests.edge.fake_clock import FakeClock


@pytest.fixture
def home(livecam_home: Path) -> Home:
    return Home(livecam_home)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def deeds(home: Home, clock: FakeClock) -> Deeds:
    return Deeds(home, clock)


def forced(home: Home, *statements: str) -> None:
    with sqlite3.connect(home.gateway / "deeds.db") as log:
        for statement in ("DROP TRIGGER never_changed", "DROP TRIGGER never_deleted", *statements):
            log.execute(statement)


def test_what_was_told_is_read_newest_first(deeds: Deeds) -> None:
    for name in ("one", "two", "three"):
        deeds.tell("anna", "export", name, address="10.0.0.1")
    assert [deed.object for deed in deeds.newest(2)] == ["three", "two"]
    assert [deed.object for deed in deeds.newest(2, before_seq=2)] == ["one"]
    assert deeds.verify() == (3, None)


def test_no_row_is_changed_or_deleted(home: Home, deeds: Deeds) -> None:
    deeds.tell("anna", "export", "one")
    with sqlite3.connect(home.gateway / "deeds.db") as log:
        for statement in ("UPDATE deeds SET who = 'eve'", "DELETE FROM deeds"):
            with pytest.raises(sqlite3.IntegrityError, match="a deed is never"):
                log.execute(statement)
    assert deeds.verify() == (1, None)


@pytest.mark.parametrize(
    ("statement", "first"),
    [
        ("UPDATE deeds SET who = 'eve' WHERE seq = 2", 2),
        ("UPDATE deeds SET at_ms = at_ms + 1 WHERE seq = 3", 3),
        ("DELETE FROM deeds WHERE seq = 2", 2),
        ("DELETE FROM deeds WHERE seq = 4", 4),
        ("DELETE FROM deeds WHERE seq = 1", 1),
        (
            (
                "INSERT INTO deeds SELECT 5, at_ms, who, address, action, object, outcome, times,"
                " hash, hash FROM deeds WHERE seq = 4"
            ),
            5,
        ),
    ],
)
def test_the_first_row_that_was_forced_is_named(
    home: Home, deeds: Deeds, statement: str, first: int
) -> None:
    for number in range(4):
        deeds.tell("anna", "export", str(number))
    forced(home, statement)
    assert deeds.verify()[1] == first


def test_a_tail_that_was_cut_off_shows_whatever_is_told_after(home: Home, deeds: Deeds) -> None:
    for number in range(4):
        deeds.tell("anna", "export", str(number))
    forced(home, "DELETE FROM deeds WHERE seq > 2")
    for number in range(3):
        deeds.tell("anna", "export", str(number))
        assert deeds.verify()[1] == 3


def test_a_flood_is_counted_and_told_as_one_row(deeds: Deeds, clock: FakeClock) -> None:
    for _ in range(500):
        deeds.count("", "log-in", "anna", address="10.0.0.1")
    assert deeds.verify() == (0, None)
    clock.advance(60_000)
    deeds.count("", "log-in", "anna", address="10.0.0.1")
    assert [(deed.times, deed.outcome) for deed in deeds.newest(9)] == [
        (1, "refused"),
        (500, "refused"),
    ]
    assert deeds.verify() == (2, None)


def test_threads_write_one_chain(home: Home, clock: FakeClock) -> None:
    def write() -> None:
        own = Deeds(home, clock)
        for number in range(25):
            own.tell("anna", "export", str(number))

    threads = [Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Deeds(home, clock).verify() == (100, None)


def test_words_that_are_no_text_are_kept_all_the_same(deeds: Deeds) -> None:
    deeds.tell("a\ud800", "export", "x" * 10_000)
    assert deeds.verify() == (1, None)
    assert len(deeds.newest(1)[0].object) == 300
