"""What an operator does on the pages: mark, hold, export; and what stays of it."""

from __future__ import annotations

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from dashboards import view
from dashboards.access.visitor import Role, Visitor
from dashboards.exports import State, exports_of
from dashboards.reviews import Reviews
from edge.clock import SystemClock, from_iso
from edge.segment import Segment
from flows.catalogue import read
from flows.deeds import Deeds
from flows.site import Site
from infra.waiting import wait_until
from tests.dashboards import footage
from tests.dashboards.pages import said, shown

T0 = from_iso("2026-11-01T10:00:00Z")
SPAN = {"camera": "gate", "from": "2026-11-01T10:00:00Z", "to": "2026-11-01T10:00:02Z"}


@pytest.fixture(autouse=True)
def ann(monkeypatch: pytest.MonkeyPatch) -> None:
    """An operator looks; what one test's pages remembered is nothing to the next."""
    monkeypatch.setattr(view, "visitor", lambda: Visitor("ann", Role.OPERATOR))
    st.cache_data.clear()
    st.cache_resource.clear()


@pytest.fixture
def seen(site: Site) -> Segment:
    """A segment with a person in it."""
    made = footage.store(site, "gate", T0, 2)
    footage.event(site, made, T0, T0 + 1_000)
    return made


def press(app: AppTest, label: str) -> AppTest:
    [button] = [one for one in app.button if one.label == label]
    button.click().run()
    assert not app.exception
    return app


def deeds(site: Site) -> list[str]:
    log = Deeds(site.home, SystemClock())
    return [f"{one.who} {one.action}" for one in log.newest(10)]


def test_all_that_is_shown_is_reviewed_at_once_and_that_is_undone(
    site: Site, seen: Segment
) -> None:
    app = press(shown("review"), "Show Sun 1 Nov 2026")
    press(app, "Mark 1 shown as reviewed")
    assert "**1 event** · 0 not reviewed" in said(app)
    assert list(Reviews(site.home).reviewed(T0, T0 + 1).values()) == ["ann"]
    press(app, "Undo")
    assert "**1 event** · 1 not reviewed" in said(app)


def test_footage_is_held_and_released(site: Site, seen: Segment) -> None:
    app = shown("holds", **SPAN)
    app.text_input(key="hold-reason").set_value("a [broken](x) window").run()
    press(app, "Hold")
    [row] = read.holds(site).iter_rows(named=True)
    assert (row["camera"], row["reason"]) == ("gate", "a [broken](x) window")
    assert "2 s" in said(app)
    assert r"a \[broken\]\(x\) window" in said(app)
    press(app, "Release")
    assert read.holds(site).is_empty()
    assert deeds(site) == ["ann release", "ann hold"]
    assert "Nothing is under hold" in said(app)


@pytest.mark.full
@pytest.mark.parametrize("typed", ["noon", "25:00", ""])
def test_what_is_no_time_is_said_and_holds_nothing(seen: Segment, typed: str) -> None:
    app = shown("holds", **SPAN)
    app.text_input(key="hold-to-time").set_value(typed).run()
    assert "Write a time of the day" in said(app)
    assert [one.disabled for one in app.button if one.label == "Hold"] == [True]


def test_an_export_is_made_and_its_files_are_listed(site: Site, seen: Segment) -> None:
    app = shown("exports", **SPAN)
    assert "About 9 kB, 1 segment." in said(app)
    press(app, "Export")
    exports = exports_of(view.following())
    wait_until(lambda: not exports.book.waiting(), what="the export")
    [made] = exports.book.newest(view.visitor(), 9)
    assert made.state is State.DONE
    app = shown("exports")
    assert ":green[ready]" in said(app)
    names = "".join(app.table[0].value["File"])
    assert f"/api/v1/exports/{made.id}/files/SHA256SUMS" in names
    press(app, "Delete")
    assert exports.book.newest(view.visitor(), 9) == []
    assert deeds(site) == ["ann export deleted", "ann export"]


@pytest.mark.full
def test_an_export_of_nothing_or_too_much_is_refused_in_words(seen: Segment) -> None:
    told = said(shown("exports", **{**SPAN, "from": "2026-10-01T10:00:00Z"}))
    assert "An export takes at most 24 hours" in told
    told = said(shown("exports", "ko-KR", **{**SPAN, "to": "2026-11-01T10:00:00.5Z"}))
    assert "끝은 시작보다 뒤여야 해요." in told
