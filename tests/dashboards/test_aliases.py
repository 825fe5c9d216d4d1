"""The same data under other names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from dashboards.api import create_api
from dashboards.api.aliases import at_the_root
from edge.clock import from_iso, to_iso
from flows.site import Site
from flows.store import FOOTAGE
from tests.dashboards import footage
from tests.dashboards.conftest import gateway

T0 = from_iso("2026-11-01T10:00:00Z")
HOUR = {"start": to_iso(T0), "end": to_iso(T0 + 3_600_000)}


@pytest.fixture
def mounted(site: Site) -> Iterator[httpx.Client]:
    """The gateway as `livecam up` mounts it, without the door."""
    api = create_api(site)
    with gateway(site, Starlette(routes=[at_the_root(api), Mount("/api", api)])) as client:
        yield client


def test_videos_are_segments_and_stream_in_ranges(site: Site, mounted: httpx.Client) -> None:
    made = footage.store(site, "gate", T0, 1)
    told = mounted.get("/api/videos").json()
    assert told == mounted.get("/api/v1/segments").json()
    part = mounted.get(f"/api/videos/{made.id}/stream", headers={"Range": "bytes=4-7"})
    assert (part.status_code, part.content) == (206, b"ftyp")
    status, nodes = mounted.get("/api/nodes/status"), mounted.get("/api/v1/nodes")
    assert status.json().keys() == nodes.json().keys()


def test_a_playlist_at_the_root_names_what_is_there(site: Site, mounted: httpx.Client) -> None:
    made = footage.store(site, "gate", T0, 1)
    now_ms = site.clock.utc_ms()
    lately = footage.store(site, "gate", now_ms - 60_000, 1)
    told = mounted.get("/hls/gate.m3u8", params=HOUR)
    assert told.headers["content-type"] == "application/vnd.apple.mpegurl"
    [address] = {line for line in told.text.splitlines() if line.startswith("/")}
    assert mounted.get(address).content == site.store.read(FOOTAGE, made.key)
    assert lately.id in mounted.get("/hls/gate.m3u8").text
    assert made.id not in mounted.get("/hls/gate.m3u8").text
    for wrong in ("/hls/../gate.m3u8", "/hls/Gate.m3u8", "/hls/gate.m3u8?start=2020-01-01"):
        assert 400 <= mounted.get(wrong).status_code < 500


def test_a_search_finds_what_an_event_touches(site: Site, mounted: httpx.Client) -> None:
    made = [footage.store(site, "gate", T0 + n * 2_000, 2) for n in range(4)]
    yard = footage.store(site, "yard", T0, 2)
    footage.event(site, made[1], T0 + 3_000, T0 + 5_000, score=0.9)
    footage.event(site, yard, T0 + 500, T0 + 1_000, score=0.4)

    def found(**sought: Any) -> list[str]:
        answer = mounted.post("/api/videos/search", json=sought)
        assert answer.status_code == 200, answer.text
        return [row["id"] for row in answer.json()["segments"]]

    assert found(label="person", confidence=0.5) == [made[1].id, made[2].id]
    assert found(label="person", cameras=["yard"]) == [yard.id]
    assert found(label="car") == []
    assert found(cameras=["gate"], **{"from": to_iso(T0 + 4_500), "to": to_iso(T0 + 6_000)}) == [
        made[2].id
    ]
    page = mounted.post("/api/videos/search", json={"limit": 2}).json()
    rest = mounted.post("/api/videos/search", json={"cursor": page["next"]}).json()
    ids = [row["id"] for row in (*page["segments"], *rest["segments"])]
    assert sorted(ids) == sorted(one.id for one in (*made, yard))
    for wrong in ({"from": "x"}, {"cameras": ["../x"]}, {"cursor": "eA=="}, {"limit": 0}, {"x": 1}):
        assert mounted.post("/api/videos/search", json=wrong).status_code == 400
