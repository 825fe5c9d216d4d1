"""Review: what is new, what is still to be seen, and what is marked."""

from __future__ import annotations

from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

import dashboards
from dashboards.reviews import VISIT_MS, Reviews
from edge.segment import Segment
from flows.site import Site
from tests.dashboards import footage
from tests.dashboards.pages import said, shown

APP = Path(dashboards.__file__).with_name("app.py")
HOUR_MS = 3_600_000


@pytest.fixture(autouse=True)
def fresh() -> None:
    """What one test's pages remembered is nothing to the next."""
    st.cache_data.clear()
    st.cache_resource.clear()


@pytest.fixture
def lately(site: Site) -> Segment:
    """A segment of an hour ago with a person in it, and another of five days ago."""
    now_ms = site.clock.utc_ms() // 1_000 * 1_000
    for ago_ms in (120 * HOUR_MS, HOUR_MS):
        made = footage.store(site, "gate", now_ms - ago_ms, 2)
        footage.event(site, made, made.start_ms, made.start_ms + 1_000)
    return made


def test_a_visit_goes_on_until_one_stays_away(site: Site) -> None:
    reviews = Reviews(site.home)
    assert reviews.visit("ann", 0) is None
    assert reviews.visit("ann", VISIT_MS) is None
    assert reviews.visit("ann", 3 * VISIT_MS) == VISIT_MS
    assert reviews.visit("ann", 3 * VISIT_MS + 1) == VISIT_MS
    assert reviews.visit("bob", 3 * VISIT_MS) is None


def test_what_is_reviewed_is_so_for_all_and_can_be_taken_back(site: Site) -> None:
    reviews = Reviews(site.home)
    reviews.mark(["gate_person_5", "gate_person_9"], "ann", 10)
    reviews.mark(["gate_person_5"], "bob", 11)
    assert reviews.reviewed(0, 9) == {"gate_person_5": "ann"}
    reviews.unmark(["gate_person_5"])
    assert reviews.reviewed(0, 10) == {"gate_person_9": "ann"}


def test_the_first_page_is_review_and_says_that_nobody_has_to_log_in_yet(site: Site) -> None:
    app = AppTest.from_file(str(APP), default_timeout=60).run()
    told = said(app)
    assert "No account yet" in told
    assert "No camera has stored anything yet" in told


def test_a_first_look_shows_the_last_day_and_whoever_may_not_mark_is_told(lately: Segment) -> None:
    told = said(shown("review"))
    assert "This is your first visit" in told
    assert "**1 event** · 1 not reviewed" in told
    assert "Marking wants the role operator." in told


def test_since_one_last_looked(site: Site, lately: Segment) -> None:
    now_ms = site.clock.utc_ms()
    for ago_ms in (130 * HOUR_MS, 5 * VISIT_MS):
        Reviews(site.home).visit("", now_ms - ago_ms)
    assert "**1 event**" in said(shown("review"))
    st.cache_data.clear()
    app = shown("review", "ko-KR", "Asia/Seoul")
    assert "마지막으로 본 때: 2시간 30분 전" in said(app)
    assert "Asia/Seoul, UTC+9" in said(app)


def test_the_unreviewed_of_a_week(site: Site, lately: Segment) -> None:
    app = shown("review")
    app.segmented_control(key="review-show").set_value("open").run()
    assert "**2 events** · 2 not reviewed" in said(app)
    Reviews(site.home).mark([f"gate_person_{lately.start_ms}"], "ann", 1)
    assert "**1 event**" in said(app.run())
    app.slider(key="review-score").set_value(95).run()
    assert "Nothing matches the filters" in said(app)
    app.button[0].click().run()
    assert "**1 event**" in said(app)


def test_nothing_new_leads_to_the_last_event(site: Site) -> None:
    made = footage.store(site, "gate", 1_793_527_200_000, 2)
    footage.event(site, made, made.start_ms, made.start_ms + 1_000)
    app = shown("review")
    assert "All caught up" in said(app)
    app.button[0].click().run()
    assert "**1 event**" in said(app)
