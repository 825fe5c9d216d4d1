"""Settings' cameras: what is changed there stands in livecam.yaml, checked, by whoever did it."""

from __future__ import annotations

from pathlib import Path

import pytest
import streamlit as st
import yaml
from streamlit.testing.v1 import AppTest

from dashboards import view
from dashboards.access.visitor import Role, Visitor
from edge.clock import SystemClock
from edge.home import Home
from flows.config_file.versions import Versions
from flows.deeds import Deeds
from tests.dashboards.pages import said, shown

SCENE = "scene:?fps=5&size=320x176"


@pytest.fixture(autouse=True)
def config(livecam_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A configuration of one camera, and an administrator who looks."""
    monkeypatch.setattr(view, "visitor", lambda: Visitor("mina", Role.ADMIN))
    path = tmp_path / "livecam.yaml"
    path.write_text(f"# mine\ncameras:\n  gate: {{source: '{SCENE}'}}\n")
    monkeypatch.setenv("LIVECAM_CONFIG", str(path))
    st.cache_data.clear()
    st.cache_resource.clear()
    return path


def cameras(config: Path) -> list[str]:
    return sorted(yaml.safe_load(config.read_text()).get("cameras") or {})


def add(app: AppTest, name: str, source: str) -> AppTest:
    app.text_input(key="add-camera-name").set_value(name)
    app.text_input(key="add-camera-source").set_value(source)
    return app.button(key="add-camera-now").click().run()


def test_a_camera_is_added_paused_and_removed(config: Path, livecam_home: Path) -> None:
    app = add(shown("settings"), "yard", SCENE)
    assert cameras(config) == ["gate", "yard"]
    assert config.read_text().startswith("# mine\n")
    app.button(key="pause-yard").click().run()
    assert [one.action for one in Deeds(Home(livecam_home), SystemClock()).newest(1)] == [
        "pause camera"
    ]
    app.button(key="remove-camera-gate").click().run()
    assert cameras(config) == ["yard"]
    kept = Versions(Home(livecam_home), SystemClock()).before()
    told = [(one.who, one.why) for one in kept]
    assert told[:2] == [("mina", "camera gate removed"), ("mina", "camera yard added")]


def test_how_sure_is_sure_is_changed_and_left_to_the_site_again(config: Path) -> None:
    app = shown("settings")
    for had, index, written in ((None, 13, {"confidence": 0.7}), (0.7, 0, None)):
        app.selectbox(key=f"sure-gate-{had}").select_index(index)
        app = app.button(key="change-camera-now-gate").click().run()
        entry = yaml.safe_load(config.read_text())["cameras"]["gate"]
        assert (entry.get("detect") or None) == written
        assert entry["source"] == SCENE


@pytest.mark.full
@pytest.mark.parametrize(
    ("name", "source", "words"),
    [
        ("../x", SCENE, "is not allowed"),
        ("gate", SCENE, "there is such a camera already"),
        ("yard", "gopher://nobody", "source"),
    ],
)
def test_what_cannot_be_meant_changes_nothing(
    config: Path, name: str, source: str, words: str
) -> None:
    before = config.read_text()
    app = add(shown("settings"), name, source)
    assert words in said(app)
    assert config.read_text() == before


@pytest.mark.full
def test_a_test_shows_a_picture_or_why_there_is_none(config: Path) -> None:
    app = shown("settings")
    app.button(key="test-gate").click().run()
    assert "It works: h264, 320x176" in "".join(one.value for one in app.success)
    config.write_text("cameras: {gate: {source: 'rtsp://127.0.0.1:9/x'}}\n")
    app.button(key="test-gate").click().run()
    assert "gate" in said(app)
    assert not app.success
