"""Each page empty, with the store gone, and full: in both languages."""

from __future__ import annotations

import re
import shutil

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from dashboards import view
from dashboards.access.access import access_of
from dashboards.access.visitor import LOCAL, Role, Visitor
from dashboards.exports import Kept
from dashboards.exports.book import Book
from dashboards.words import Language, Word
from dashboards.words.common import Common
from dashboards.words.coverage import Coverage
from dashboards.words.exports import Exports
from dashboards.words.health import Health
from dashboards.words.holds import Holds
from dashboards.words.live import Live
from dashboards.words.retention import Retention
from dashboards.words.review import Review
from dashboards.words.search import Search
from dashboards.words.settings import Users
from edge.clock import from_iso
from flows.site import Site
from flows.stages import holds
from flows.stages.export import Wanted
from tests.dashboards import footage
from tests.dashboards.pages import said, shown

HANGUL = re.compile("[가-힣]")
LOCALES = {Language.ENGLISH: "en-GB", Language.KOREAN: "ko-KR"}
T0 = from_iso("2026-11-01T10:00:00Z")
# What a page says when there is nothing yet, and when there is something.
SAYS: dict[str, tuple[Word, Word]] = {
    "review": (Common.NO_CAMERA, Review.ALL_SEEN),
    "live": (Live.NO_CAMERA, Live.NO_CAMERA),  # what is configured, whatever is stored
    "playback": (Common.NO_CAMERA, Common.CAMERA),
    "search": (Search.NOTHING_STORED, Search.FOUND),
    "exports": (Common.NO_CAMERA, Exports.DONE),
    "holds": (Common.NO_CAMERA, Holds.IN_FORCE),
    "retention": (Retention.NOTHING, Retention.BY_CAMERA),
    "coverage": (Coverage.NEVER, Coverage.MISSING),
    "health": (Health.NO_CAMERA, Health.UP_TO_DATE),
    "settings": (Users.NONE, Users.NO_PASSWORD),
}
# Each page in one of the languages at once, and in the other one by `make test-full`.
EACH = [
    pytest.param(page, spoken, marks=[pytest.mark.full] * ((number + turn) % 2))
    for number, page in enumerate(SAYS)
    for turn, spoken in enumerate(Language)
]


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """What one test's pages remembered is nothing to the next; Prefect gives no answer."""
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:9/api")
    forget()


def forget() -> None:
    st.cache_data.clear()
    st.cache_resource.clear()


def fill(site: Site) -> None:
    """Footage with a person in it, a hold over part of it, an export, and an account."""
    made = footage.store(site, "gate", T0, 2)
    footage.event(site, made, T0, T0 + 1_000)
    holds.place(site, "gate", T0, T0 + 1_000, "the *broken* window")
    book = Book(site.home, site.clock)
    export = book.add(Wanted(("gate",), T0, T0 + 2_000, "window", "ann"), 9_000)
    book.done(export, [Kept("gate.mp4", 9_000, "0" * 64, 0, "gate", T0, T0 + 2_000)], {"gate": 5})
    access_of(site.home).users.add("joon", Role.VIEWER, ["gate"])


def everything(app: AppTest) -> str:
    """A page's words with those of its tables, figures and widgets."""
    tables = [text for table in app.table for text in map(str, table.value.columns)]
    labels = [one.label for kind in (app.metric, app.button, app.selectbox) for one in kind]
    return "\n".join([said(app), *tables, *labels])


@pytest.mark.parametrize(("page", "spoken"), EACH)
def test_a_page_empty_full_and_without_its_store(
    page: str, spoken: Language, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    who = Visitor("mina", Role.ADMIN) if page == "settings" else LOCAL
    monkeypatch.setattr(view, "visitor", lambda: who)
    empty, full = (word.of(spoken, count=1) for word in SAYS[page])
    assert empty in everything(shown(page, LOCALES[spoken]))
    fill(site)
    forget()
    told = everything(shown(page, LOCALES[spoken]))
    assert full in told
    assert full == empty or empty not in told
    assert (HANGUL.search(told) is not None) == (spoken is Language.KOREAN)
    shutil.move(site.home.store, site.home.store.with_name("away"))
    site.home.store.write_text("a disk that is not mounted")
    st.cache_data.clear()
    assert full in everything(shown(page, LOCALES[spoken]))  # as it was read before


@pytest.mark.parametrize(
    "page",
    [
        pytest.param(name, marks=[pytest.mark.full] * (name != "review"))
        for name in SAYS
        if name not in ("live", "settings")
    ],
)
def test_what_was_never_read_is_not_made_up(page: str, site: Site) -> None:
    said(shown("live"))
    shutil.rmtree(site.home.store)
    site.home.store.write_text("a disk that is not mounted")
    st.cache_data.clear()
    app = shown(page, "ko-KR")
    assert "읽어 둔 내용이 없어요" in said(app)
