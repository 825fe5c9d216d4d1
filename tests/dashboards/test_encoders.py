"""Health tells which encoder a camera's pictures go through, and why not another."""

from __future__ import annotations

from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from edge.clock import SystemClock
from edge.doing import Encoding
from edge.home import Home
from edge.report import CameraReport, Reporter
from tests.flows.stage_site import folder_site, seal_some

ENCODED = CameraReport(
    fps=15,
    rung="720p 4000k",
    encoding=Encoding(
        name="libx264", width=1280, height=720, fell={"h264_nvenc": "there is no such device"}
    ),
)


def _health() -> None:
    from dashboards.screens.health import health

    health()


def shown(home: Path, cameras: dict[str, CameraReport]) -> AppTest:
    st.cache_data.clear()
    st.cache_resource.clear()
    seal_some(folder_site(home), count=1)
    spool = Home(home).spool
    Reporter(Home(home).recorder, "local", spool, 0, SystemClock()).tick(lambda: cameras)
    app = AppTest.from_function(_health, default_timeout=60).run()
    assert not app.exception
    return app


@pytest.fixture(autouse=True)
def without_prefect(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody answers there."""
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:9/api")


def test_the_encoder_in_use_is_told_with_why_others_fell(livecam_home: Path) -> None:
    app = shown(livecam_home, {"gate": ENCODED, "yard": CameraReport(fps=15)})
    [table] = [one.value for one in app.table if "Encoder" in one.value.columns]
    assert list(table["Camera"]) == ["gate"]
    assert list(table["Encoder"]) == ["`libx264`"]
    assert list(table["Picture"]) == ["1280x720"]
    assert list(table["Not used"]) == ["`h264_nvenc`: there is no such device"]


def test_where_nothing_is_encoded_there_is_nothing_to_tell(livecam_home: Path) -> None:
    app = shown(livecam_home, {"yard": CameraReport(fps=15)})
    assert "Encoders" not in [one.value for one in app.subheader]
