"""The pages as Streamlit runs them, without a browser: what is said in which state."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

import dashboards
from edge.clock import from_iso
from edge.home import Home
from edge.segment import Segment
from flows.site import Site, open_site
from flows.stages import nodes
from flows.stages.ingest import ingest
from flows.store import LIVECAM
from tests.dashboards import footage
from tests.dashboards.pages import said, shown
from tests.dashboards.spooled import two_wait

APP = Path(dashboards.__file__).with_name("app.py")
T0 = from_iso("2026-11-01T10:00:00Z")


@pytest.fixture(autouse=True)
def fresh() -> None:
    """What one test's pages remembered is nothing to the next."""
    st.cache_data.clear()
    st.cache_resource.clear()


def page() -> AppTest:
    """Search."""
    return shown("search")


def playback(**query: str) -> AppTest:
    return shown("playback", **query)


def health() -> AppTest:
    return shown("health")


@pytest.fixture
def seen(site: Site) -> Segment:
    """A segment with a person in it."""
    made = footage.store(site, "gate", T0, 2)
    footage.event(site, made, T0, T0 + 1_000, score=0.6)
    return made


def test_a_site_without_footage_says_what_to_do() -> None:
    told = said(page())
    assert "Nothing has been stored yet" in told
    assert "livecam import" in told


def test_search_begins_with_the_last_day_on_which_something_was_seen(seen: Segment) -> None:
    app = page()
    assert app.date_input(key="search-day").value == date(2026, 11, 1)
    assert "1 event, newest first" in said(app)


def test_search_with_nothing_to_show_names_the_way_out(seen: Segment) -> None:
    app = page()
    app.slider(key="search-score").set_value(80).run()
    assert "Nothing was found" in said(app)
    app.date_input(key="search-day").set_value(date(2026, 10, 1)).run()
    app.slider(key="search-score").set_value(0).run()
    [button] = [b for b in app.button if b.label.startswith("Show ")]
    assert button.label == "Show Sun 1 Nov 2026"
    button.click().run()
    assert "1 event" in said(app)


def test_footage_without_events_is_no_error(site: Site) -> None:
    footage.store(site, "gate", T0, 2)
    assert "No event was found" in said(page())


def test_a_store_that_is_gone_is_said_in_a_sentence(site: Site, seen: Segment) -> None:
    assert "1 event, newest first" in said(page())
    shutil.rmtree(site.home.store)
    site.home.store.write_text("a disk that is not mounted")
    st.cache_data.clear()
    assert "Nothing of this was read before" in said(health())
    assert "Nothing of this was read before" in said(shown("review"))
    assert "1 event, newest first" in said(page())  # as it was read before
    whole = said(AppTest.from_file(str(APP), default_timeout=60).run())
    assert "What is shown was read earlier, and nothing can be changed" in whole
    assert "the store has no bucket" in whole


def test_playback_begins_at_the_address_moment(seen: Segment) -> None:
    app = playback(camera="gate", at="2026-11-01T10:00:01Z")
    assert app.selectbox(key="playback-camera").value == "gate"
    assert said(app) == ""


@pytest.mark.parametrize("at", ["yesterday", "9999-12-31T23:59:59Z", "2026-13-01", ""])
def test_playback_bears_any_address(seen: Segment, at: str) -> None:
    told = said(playback(camera="../x", at=at))
    assert "There is no camera named" in told


def test_another_camera_is_shown_at_the_same_moment(site: Site, seen: Segment) -> None:
    footage.store(site, "yard", T0, 2)
    app = playback(camera="gate", at="2026-11-01T10:00:01Z")
    app.selectbox(key="playback-camera").set_value("yard").run()
    assert "yard" in app.query_params["camera"]
    assert "10:00:01" in str(app.query_params["at"])


def test_health_tells_of_every_camera_without_prefect(
    seen: Segment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:9/api")
    app = health()
    assert "Prefect gives no answer" in said(app)
    assert [metric.label for metric in app.metric] == [
        "Cameras up to date",
        "Waiting for upload",
        "Room lasts",
        "Store",
    ]
    assert list(app.table[0].value["Camera"]) == ["gate"]


def test_health_tells_of_a_node_s_spool_and_how_old_the_news_is(
    livecam_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:9/api")
    config = tmp_path / "livecam.yaml"
    config.write_text("nodes: {pi1: {}, pi2: {}}\ncameras: {gate: {node: pi1, source: 'scene:'}}\n")
    monkeypatch.setenv("LIVECAM_CONFIG", str(config))
    hub = open_site()
    two_wait(hub, Home(tmp_path / "pi1"))
    ingest(hub)

    app = health()

    [waits] = [metric for metric in app.metric if metric.label == "Waiting for upload"]
    assert waits.value == "2 segments"
    cameras, spools = app.table[0].value, app.table[1].value
    assert cameras["Waiting"].iloc[0].startswith("2 (")
    assert list(spools["Node"]) == ["pi1", "pi2"]
    assert spools["Waiting"].iloc[0].startswith("2 (")
    assert spools["Told"].iloc[0].endswith(" s ago")
    assert spools["Told"].iloc[1] == "never"

    fact = dict(nodes.newest(hub, nodes.About.STATE)["pi1"])
    store = hub.store
    store.delete(LIVECAM, [(info.key, "") for info in list(store.list(LIVECAM, nodes.NODES))])
    fact["received_ms"] -= 3_600_000
    nodes.keep(hub, "pi1", nodes.About.STATE, fact)
    st.cache_data.clear()
    app = health()
    spools = app.table[1].value
    assert spools["Waiting"].iloc[0].startswith(":gray[2 (")
    assert spools["Told"].iloc[0] == ":red[60 min ago]"
    assert "1 silent" in app.metric[1].delta
