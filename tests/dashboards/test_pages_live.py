"""The page Live without a browser: empty, of a camera that is not there, full; both languages."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from dashboards.words import Language, mapping
from dashboards.words.common import Common
from dashboards.words.live import Live
from tests.dashboards.pages import said, shown

LANGUAGES = {Language.ENGLISH: "en-GB", Language.KOREAN: "ko-KR"}
CAMERAS = {f"camera{n}": {"source": "scene:"} for n in range(20)}


@pytest.fixture(autouse=True)
def fresh() -> None:
    """What one test's pages remembered is nothing to the next."""
    st.cache_data.clear()
    st.cache_resource.clear()


@pytest.fixture
def cameras(livecam_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A configuration of twenty cameras."""
    path = livecam_home.parent / "livecam.yaml"
    path.write_text(json.dumps({"cameras": CAMERAS}))
    monkeypatch.setenv("LIVECAM_CONFIG", str(path))


def drawn(app: AppTest) -> dict[str, Any]:
    """What the page's component is given."""
    [component] = app.get("bidi_component")
    found: dict[str, Any] = json.loads(component.proto.json)
    return found


@pytest.mark.parametrize("language", Language)
def test_without_a_camera_it_says_what_to_do(language: Language) -> None:
    told = said(shown("live", LANGUAGES[language]))
    assert Live.NO_CAMERA.of(language) in told
    assert Live.HOW_TO_BEGIN.of(language) in told


@pytest.mark.parametrize("language", Language)
@pytest.mark.usefixtures("cameras")
def test_all_cameras_are_shown_or_the_one_in_the_address(language: Language) -> None:
    app = shown("live", LANGUAGES[language], zone="Asia/Seoul")
    every = drawn(app)
    assert (every["cameras"], every["camera"]) == (list(CAMERAS), None)
    assert (every["words"], every["zone"]) == (mapping(Live, language), "Asia/Seoul")
    app.query_params["camera"] = "camera7"
    assert drawn(app.run())["camera"] == "camera7"


@pytest.mark.usefixtures("cameras")
def test_a_camera_that_is_not_there_is_said_so_beside_the_others() -> None:
    app = shown("live", camera="cellar")
    assert Common.NO_SUCH_CAMERA.of(Language.ENGLISH, name="cellar") in said(app)
    assert drawn(app)["camera"] is None
