"""Each page empty, with the store gone, and full: in both languages."""

from __future__ import annotations

import re
import shutil

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from dashboards.words import Language
from dashboards.words.common import Common
from dashboards.words.coverage import Coverage
from dashboards.words.exports import Exports
from dashboards.words.health import Health
from dashboards.words.holds import Holds
from dashboards.words.retention import Retention
from dashboards.words.review import Review
from dashboards.words.search import Search
from edge.clock import from_iso
from flows.site import Site
from flows.stages import holds
from tests.dashboards import footage
from tests.dashboards.pages import said, shown

HANGUL = re.compile("[가-힣]")
LANGUAGES = {Language.ENGLISH: "en-GB", Language.KOREAN: "ko-KR"}
T0 = from_iso("2026-11-01T10:00:00Z")
EMPTY = {
    "review": Common.NO_CAMERA,
    "playback": Common.NO_CAMERA,
    "search": Search.NOTHING_STORED,
    "exports": Common.NO_CAMERA,
    "holds": Common.NO_CAMERA,
    "retention": Retention.NOTHING,
    "coverage": Coverage.NEVER,
    "health": Health.NO_CAMERA,
}
FULL = {
    "review": Review.ALL_SEEN,
    "playback": Common.CAMERA,
    "search": Search.FOUND,
    "exports": Exports.NONE,
    "holds": Holds.IN_FORCE,
    "retention": Retention.BY_CAMERA,
    "coverage": Coverage.MISSING,
    "health": Health.UP_TO_DATE,
}


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """What one test's pages remembered is nothing to the next; Prefect gives no answer."""
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:9/api")
    forget()


def forget() -> None:
    st.cache_data.clear()
    st.cache_resource.clear()


def fill(site: Site) -> None:
    """Footage with a person in it, and a hold over part of it."""
    made = footage.store(site, "gate", T0, 2)
    footage.event(site, made, T0, T0 + 1_000)
    holds.place(site, "gate", T0, T0 + 1_000, "the *broken* window")


def everything(app: AppTest) -> str:
    """A page's words with those of its tables, figures and widgets."""
    tables = [text for table in app.table for text in map(str, table.value.columns)]
    labels = [one.label for kind in (app.metric, app.button, app.selectbox) for one in kind]
    return "\n".join([said(app), *tables, *labels])


def in_both(page: str) -> dict[Language, str]:
    return {spoken: everything(shown(page, locale)) for spoken, locale in LANGUAGES.items()}


@pytest.mark.parametrize("page", EMPTY)
def test_a_page_empty_full_and_without_its_store(page: str, site: Site) -> None:
    for spoken, told in in_both(page).items():
        assert EMPTY[page].of(spoken) in told
    fill(site)
    forget()
    for spoken, told in in_both(page).items():
        assert FULL[page].of(spoken, count=1) in told
        assert EMPTY[page].of(spoken) not in told
        assert (HANGUL.search(told) is not None) == (spoken is Language.KOREAN)
    shutil.move(site.home.store, site.home.store.with_name("away"))
    site.home.store.write_text("a disk that is not mounted")
    st.cache_data.clear()
    for spoken, told in in_both(page).items():
        assert FULL[page].of(spoken, count=1) in told  # as it was read before
