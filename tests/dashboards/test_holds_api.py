"""Holds and retention's plan through the gateway."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from dashboards.access.visitor import Role, Visitor
from dashboards.api import create_api
from edge.clock import from_iso, to_iso
from flows.deeds import Deeds
from flows.retention import DAY_MS
from flows.site import Site
from flows.stages import holds
from tests.dashboards import footage
from tests.dashboards.conftest import gateway
from tests.dashboards.rights import believing, named
from tests.edge.fake_clock import FakeClock
from tests.flows.stage_site import folder_site

T0 = from_iso("2026-11-01T10:00:00Z")
KIM = Visitor("kim", Role.OPERATOR)
GUEST = Visitor("guest", Role.VIEWER)
NARROW = Visitor("nam", Role.OPERATOR, frozenset({"gate"}))
HOUR = {"start": to_iso(T0), "end": to_iso(T0 + 3_600_000)}


@pytest.fixture
def kept(tmp_path: Path) -> Site:
    """Four segments of a gate and one of a yard, whose retention is ten thousand years."""
    cameras = {"gate": {"source": "scene:"}, "yard": {"source": "scene:", "retain": {"days": 4e6}}}
    made = folder_site(tmp_path / "home", {"cameras": cameras, "retain": {"days": 1}})
    for at_ms in range(4):
        footage.store(made, "gate", T0 + at_ms * 1_000, 1)
    footage.store(made, "yard", T0, 1)
    return replace(made, clock=FakeClock(made.clock.utc_ms()))


@pytest.fixture
def client(kept: Site) -> Iterator[httpx.Client]:
    with gateway(kept, believing(create_api(kept))) as client:
        yield client


def test_a_hold_is_made_listed_and_ended(client: httpx.Client, kept: Site) -> None:
    asked = {"camera": "gate", **HOUR, "reason": "the parcel"}
    answer = client.post("/v1/holds", json=asked, headers=named(KIM))
    assert answer.status_code == 201, answer.text
    made = answer.json()
    [told] = client.get("/v1/holds", headers=named(GUEST)).json()["holds"]
    assert told == made
    assert (told["reason"], told["released_utc"]) == ("the parcel", None)
    [hold] = holds.holds(kept)
    assert (hold.id, hold.released_ms) == (made["id"], None)
    assert client.delete(f"/v1/holds/{made['id']}", headers=named(GUEST)).status_code == 403
    assert client.delete(f"/v1/holds/{made['id']}", headers=named(KIM)).status_code == 204
    assert client.delete(f"/v1/holds/{made['id']}", headers=named(KIM)).status_code == 404
    assert client.get("/v1/holds", headers=named(KIM)).json()["holds"] == []
    [past] = client.get("/v1/holds?released=true", headers=named(KIM)).json()["holds"]
    assert past["released_utc"] is not None
    log = Deeds(kept.home, kept.clock).newest(9)
    assert [(deed.who, deed.action) for deed in log] == [("kim", "release"), ("kim", "hold")]


def test_a_stretch_is_released_and_the_rest_stays_held(client: httpx.Client) -> None:
    client.post("/v1/holds", json={"camera": "gate", **HOUR}, headers=named(KIM))
    part = {"camera": "gate", "start": HOUR["start"], "end": to_iso(T0 + 60_000)}
    released = client.post("/v1/releases", json=part, headers=named(KIM)).json()["released"]
    assert len(released) == 1
    [rest] = client.get("/v1/holds", headers=named(KIM)).json()["holds"]
    assert (rest["start_utc"], rest["end_utc"]) == (to_iso(T0 + 60_000), HOUR["end"])


def test_of_a_camera_that_one_may_not_see_nothing_is_held(client: httpx.Client) -> None:
    client.post("/v1/holds", json={"camera": "yard", **HOUR}, headers=named(KIM))
    [hold] = client.get("/v1/holds", headers=named(KIM)).json()["holds"]
    assert client.get("/v1/holds", headers=named(NARROW)).json()["holds"] == []
    answers = [
        client.post("/v1/holds", json={"camera": camera, **HOUR}, headers=named(NARROW))
        for camera in ("yard", "gone")
    ]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].text.replace("yard", "gone") == answers[1].text
    assert client.delete(f"/v1/holds/{hold['id']}", headers=named(NARROW)).status_code == 404
    assert client.post("/v1/holds", json={"camera": "gate", **HOUR}, headers=named(GUEST)).is_error
    backwards = {"camera": "gate", "start": HOUR["end"], "end": HOUR["start"]}
    assert client.post("/v1/holds", json=backwards, headers=named(KIM)).status_code == 400


@pytest.mark.full
def test_pages_of_holds_survive_new_ones(client: httpx.Client, kept: Site) -> None:
    assert isinstance(kept.clock, FakeClock)
    made = []
    for _ in range(3):
        kept.clock.sleep(1)
        asked = {"camera": "gate", **HOUR}
        made.append(client.post("/v1/holds", json=asked, headers=named(KIM)).json()["id"])
    page = client.get("/v1/holds?limit=2", headers=named(KIM)).json()
    kept.clock.sleep(1)
    client.post("/v1/holds", json={"camera": "gate", **HOUR}, headers=named(KIM))
    rest = client.get("/v1/holds", params={"cursor": page["next"]}, headers=named(KIM)).json()
    assert [one["id"] for one in (*page["holds"], *rest["holds"])] == made[::-1]


def test_retention_says_what_goes_next_and_what_it_frees(client: httpx.Client) -> None:
    part = {"camera": "gate", "start": to_iso(T0 + 3_500), "end": to_iso(T0 + 3_600)}
    client.post("/v1/holds", json=part, headers=named(KIM))
    told = client.get("/v1/retention?limit=2", headers=named(GUEST)).json()
    gate, yard = told["cameras"]
    assert (gate["segments"], gate["due_segments"], yard["due_segments"]) == (4, 0, 0)
    assert 0 < gate["held_bytes"] < gate["size_bytes"]
    assert yard["next_due_utc"].startswith("9998-")
    rest = client.get("/v1/retention", params={"cursor": told["next"]}, headers=named(GUEST)).json()
    ids = [one["id"] for one in (*told["segments"], *rest["segments"])]
    assert len(ids) == len(set(ids)) == 4
    assert [one.split("_")[0] for one in ids] == ["gate"] * 3 + ["yard"]
    assert 0.9 < told["segments"][0]["days_left"] <= 1
    later = to_iso(from_iso(told["at_utc"]) + 2 * DAY_MS)
    then = client.get("/v1/retention", params={"at": later}, headers=named(NARROW)).json()
    [gate] = then["cameras"]
    assert gate["due_segments"] == 3
    assert gate["due_bytes"] == gate["size_bytes"] - gate["held_bytes"]
