"""A stand-in is marked wherever its footage, or what was seen in it, is shown."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from dashboards.seen import card
from edge.clock import to_utc
from edge.home import Home
from edge.report import CameraReport, Reporter
from edge.segment import Segment
from flows.catalogue.stand_ins import StandIn, stand_ins
from flows.settings import parse
from flows.site import Site, open_site
from flows.stages.drain import drain
from tests.dashboards import footage
from tests.dashboards.pages import said
from tests.dashboards.test_pages import health, page, playback
from tests.flows.stage_site import SECONDS, START_MS, seal

STEP_MS = SECONDS * 1_000
AT = "2026-11-01T10:00:00Z"


@pytest.fixture(autouse=True)
def fresh() -> None:
    st.cache_data.clear()
    st.cache_resource.clear()


@pytest.fixture(scope="module")
def drained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Segment]:
    """A home, and in its store the camera, twice its stand-in, and the camera again."""
    home = Home(tmp_path_factory.mktemp("drained") / "home")
    site = open_site(parse({}), home)
    seal(site, "gate", START_MS, kind="rtsp", shade=60)
    for n in (1, 2):
        made = seal(site, "gate", START_MS + n * STEP_MS, kind="fallback scene", shade=60 + n)
    seal(site, "gate", START_MS + 3 * STEP_MS, kind="rtsp", shade=90)
    drain(site)
    return home.root, made


@pytest.fixture
def stood_in(site: Site, drained: tuple[Path, Segment]) -> Segment:
    """The same in this test's own home; the newer of the stand-ins."""
    home, made = drained
    shutil.copytree(home, site.home.root, dirs_exist_ok=True)
    return made


def test_stretches_of_one_outage_are_one(site: Site, stood_in: Segment) -> None:
    assert stand_ins(site, "gate", START_MS, START_MS + 86_400_000) == [
        StandIn("gate", START_MS + STEP_MS, stood_in.end_ms)
    ]
    assert stand_ins(site, None, START_MS, START_MS + STEP_MS) == []


def test_the_gateway_tells_of_it(client: httpx.Client, stood_in: Segment) -> None:
    rows = client.get("/v1/segments", params={"camera": "gate"}).json()["segments"]
    assert [row["fallback"] for row in rows] == [False, True, True, False]
    asked = {"start": AT, "end": "2026-11-01T11:00:00Z"}
    told = client.get("/v1/timelines/gate", params=asked).json()
    assert told["stand_ins"] == [[START_MS + STEP_MS, stood_in.end_ms]]


def test_the_gateway_marks_what_was_seen_in_it(
    site: Site, client: httpx.Client, stood_in: Segment
) -> None:
    footage.event(site, stood_in, stood_in.start_ms, stood_in.end_ms)
    footage.event(site, stood_in, stood_in.end_ms + 500, stood_in.end_ms + 900)
    rows = client.get("/v1/events").json()["events"]
    assert [row["fallback"] for row in rows if row["label"] == "person"] == [True, False]


def test_playback_says_when(stood_in: Segment) -> None:
    text = said(playback(camera="gate", at=AT))
    assert "A stand-in, not the camera" in text
    assert "10:00:02–10:00:06" in text


def test_search_marks_it_and_what_was_seen_in_it(site: Site, stood_in: Segment) -> None:
    footage.event(site, stood_in, stood_in.start_ms, stood_in.end_ms)
    app: AppTest = page()
    app.date_input(key="search-day").set_value(dt.date(2026, 11, 1)).run()
    assert "Part of this time shows a stand-in, not the camera: gate." in said(app)
    row = {
        "id": "x",
        "camera": "gate",
        "label": "person",
        "count": 1,
        "score": 0.9,
        "w": None,
        "start_utc": to_utc(stood_in.start_ms),
        "end_utc": to_utc(stood_in.end_ms),
    }
    drawn = stand_ins(site, None, START_MS, START_MS + 86_400_000)
    utc = ZoneInfo("UTC")
    assert card(row, drawn, utc)["title"] == "person · stand-in"
    assert card({**row, "camera": "yard"}, drawn, utc)["title"] == "person"


def test_health_says_that_one_is_recorded_now(site: Site, stood_in: Segment) -> None:
    now = CameraReport(fps=15, bits_per_s=800_000, fallback=True)
    Reporter(site.home.recorder, "local", site.home.spool, 0, site.clock).tick(
        lambda: {"gate": now}
    )
    app = health()
    assert not app.exception
    told = [one.value.to_csv() for one in app.table]
    assert any("a stand-in: the camera cannot be opened" in text for text in told)
