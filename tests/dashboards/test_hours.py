"""Cameras' hours as cells: what they are marked by, and what they say."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from dashboards.grid import drawn
from dashboards.hours import MARKS, Kind, hours_of, kind_of_cause
from dashboards.words.coverage import Causes, Hours
from dashboards.words.times import exactly
from edge.clock import from_iso
from edge.segment import Cause
from flows.catalogue.coverage import HOUR_MS, State, Stretch, hours

T0 = from_iso("2026-11-01T10:00:00Z")
BERLIN = ZoneInfo("Europe/Berlin")
MINUTE_MS = 60_000


def told(*lasts: tuple[float, State, str]) -> list[Stretch]:
    """Stretches one after the other from T0 on, each of so many minutes."""
    found: list[Stretch] = []
    for minutes, state, cause in lasts:
        start_ms = found[-1].end_ms if found else T0
        found.append(Stretch(start_ms, start_ms + round(minutes * MINUTE_MS), state, cause))
    return found


def kinds(*lasts: tuple[float, State, str]) -> tuple[Kind, int | None]:
    [hour] = hours_of("gate", told(*lasts), [T0, T0 + HOUR_MS])
    return hour.main, hour.percent


def test_every_cause_has_its_kind_and_every_kind_its_words() -> None:
    assert {kind_of_cause(str(cause)) for cause in Cause} == {
        *(Kind.CAMERA, Kind.RECORDER, Kind.LOST, Kind.OFF)
    }
    assert {word.name for word in Hours} == {kind.name for kind in Kind}
    assert {*Cause, *State} - {State.GAP} == {word.name.lower() for word in Causes}
    assert set(MARKS) | {Kind.RECORDED, Kind.NONE} == set(Kind)


def test_an_hour_is_marked_by_the_longest_of_what_is_missing() -> None:
    frozen = (6, State.GAP, "camera_frozen")
    assert kinds((54, State.RECORDED, ""), frozen) == (Kind.CAMERA, 90)
    longer = (10, State.GAP, "node_down")
    assert kinds((44, State.RECORDED, ""), frozen, longer) == (Kind.RECORDER, 73)
    assert kinds((60, State.UNEXPLAINED, "")) == (Kind.UNEXPLAINED, 0)


def test_a_second_that_is_missing_is_not_rounded_away() -> None:
    assert kinds((59.99, State.RECORDED, ""), (0.01, State.GAP, "of a newer version")) == (
        Kind.RECORDER,
        99,
    )


def test_what_is_to_come_or_on_its_way_is_nobody_s_fault() -> None:
    assert kinds((20, State.RECORDED, ""), (1, State.PENDING, ""), (39, State.AHEAD, "")) == (
        Kind.RECORDED,
        100,
    )
    assert kinds((60, State.PENDING, "")) == (Kind.PENDING, None)
    assert kinds((60, State.NOT_YET, "")) == (Kind.NONE, None)
    assert kinds((60, State.EXPIRED, "")) == (Kind.EXPIRED, 100)


def test_a_cell_says_its_seconds_and_leads_to_its_first_footage() -> None:
    found = told(
        (3.5, State.GAP, "camera_unreachable"), (56.5, State.RECORDED, ""), (60, State.AHEAD, "")
    )
    shown = drawn({"gate": found}, hours(T0, T0 + 2 * HOUR_MS), BERLIN)
    [row] = shown["rows"]
    first, second = row["cells"]
    assert shown["heads"] == ["11", "12"]
    assert shown["days"] == [("Sun 01 Nov", 2)]
    assert first["at"] == "2026-11-01T10:03:30Z"
    assert first["tip"] == [
        "gate, Sun 01 Nov 11:00–12:00",
        "recorded: 56 min 30 s (94.2%)",
        "camera unreachable: 3 min 30 s (5.8%)",
    ]
    assert (first["mark"], first["text"]) == ("C", "94%")
    assert (second["at"], second["mark"], second["text"]) == (None, "", "")
    assert row["sum"] == "94%"
    assert [kind for kind, _, _ in shown["legend"]] == ["recorded", "camera", "none"]


@pytest.mark.parametrize(
    ("ms", "words"),
    [(0, "0 s"), (200, "0.2 s"), (3_063_200, "51 min 3.2 s"), (3_600_000, "1 h")],
)
def test_lengths_are_told_to_the_tenth_of_a_second(ms: int, words: str) -> None:
    assert exactly(ms) == words
