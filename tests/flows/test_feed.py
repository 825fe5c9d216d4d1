"""The feed: each thing once, to those who may know, none missed."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.home import Home
from flows import feed as feed_module
from flows.feed import About, Feed, Kind
from tests.edge.fake_clock import FakeClock


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def feed(livecam_home: Path, clock: FakeClock) -> Feed:
    return Feed(Home(livecam_home), clock)


def test_whoever_comes_back_misses_nothing(feed: Feed) -> None:
    for number in range(5):
        assert feed.tell(Kind.EVENT, ["gate"], label="person", number=number)
    first = feed.after(None, limit=2)
    rest = feed.after(first[-1].id)
    assert [told.facts["number"] for told in (*first, *rest)] == [0, 1, 2, 3, 4]
    assert feed.after(rest[-1].id) == []
    assert feed.newest() == rest[-1].id


def test_a_thing_is_told_once(feed: Feed) -> None:
    assert feed.tell(Kind.EVENT, ["gate"], once="gate_person_1")
    assert not feed.tell(Kind.EVENT, ["gate"], once="gate_person_1")
    assert len(feed.after(None)) == 1


def test_trouble_is_told_once_and_its_end_once_through_a_restart(
    feed: Feed, clock: FakeClock, livecam_home: Path
) -> None:
    assert feed.judge(About.NODE, "pi1", None, ["gate"], node="pi1") is None
    assert feed.judge(About.NODE, "pi1", "silent", ["gate"], node="pi1") is Kind.NODE_DOWN
    again = Feed(Home(livecam_home), clock)
    assert again.judge(About.NODE, "pi1", "silent", ["gate"], node="pi1") is None
    assert again.troubled(About.NODE) == {"pi1": clock.utc_ms()}
    assert again.judge(About.NODE, "pi1", None, ["gate"], node="pi1") is Kind.NODE_BACK
    assert again.judge(About.NODE, "pi1", None, ["gate"], node="pi1") is None
    assert [told.kind for told in feed.after(None)] == [Kind.NODE_DOWN, Kind.NODE_BACK]


def test_of_cameras_that_one_may_not_see_nothing_is_told(feed: Feed) -> None:
    feed.tell(Kind.EVENT, ["gate"])
    feed.tell(Kind.EVENT, ["yard"])
    feed.tell(Kind.EXPORT_DONE, ["gate", "yard"])
    feed.judge(About.NODE, "pi1", "silent", ["gate", "yard"], node="pi1")
    feed.judge(About.NODE, "pi2", "silent", ["yard"], node="pi2")
    feed.judge(About.STORE, "store", "away")
    seen = [told.message for told in feed.after(None, {"gate"})]
    assert [(one["kind"], one.get("camera"), one.get("node")) for one in seen] == [
        ("event", "gate", None),
        ("node_down", None, "pi1"),
    ]
    assert "yard" not in str(seen)
    assert feed.after(None, frozenset()) == []
    assert len(feed.after(None)) == 6
    assert feed.newest({"gate"}) == seen[-1]["id"]


def test_the_feed_is_bounded(feed: Feed, clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed_module, "MOST_ROWS", 3)
    for number in range(5):
        feed.tell(Kind.EVENT, ["gate"], number=number)
    kept = feed.after("what-is-gone")
    assert [told.facts["number"] for told in kept] == [2, 3, 4]
    clock.advance(feed_module.MOST_MS + 1)
    feed.tell(Kind.EVENT, ["gate"], number=5)
    assert [told.facts["number"] for told in feed.after(None)] == [5]
    assert feed.last() == 6


def test_what_ever_was_is_counted_by_kind_camera_and_label(feed: Feed) -> None:
    feed.tell(Kind.EVENT, ["gate"], label="person")
    feed.tell(Kind.EVENT, ["gate"], label="person")
    feed.tell(Kind.EVENT, ["gate"], label="car")
    feed.judge(About.STORE, "store", "away")
    assert feed.totals() == [
        ("event", ("gate",), "car", 1),
        ("event", ("gate",), "person", 2),
        ("store_down", (), "", 1),
    ]


def test_an_event_that_a_fold_tells_anew_is_told_once(feed: Feed, clock: FakeClock) -> None:
    at = clock.utc_ms()
    assert feed.saw("gate", "person", at, at + 5_000, score=0.9)
    assert not feed.saw("gate", "person", at, at + 60_000)
    assert not feed.saw("gate", "person", at - 3_000, at + 1)
    assert feed.saw("gate", "car", at, at + 5_000)
    assert feed.saw("yard", "person", at, at + 5_000)
    assert feed.saw("gate", "person", at + 30_000, at + 40_000)
    assert len(feed.after(None)) == 4
    assert feed.after(None)[0].message["label"] == "person"


def test_a_feed_begins_once(feed: Feed, clock: FakeClock, livecam_home: Path) -> None:
    first = feed.began_ms
    clock.advance(1_000)
    assert Feed(Home(livecam_home), clock).began_ms == first
