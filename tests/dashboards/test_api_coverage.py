"""The gateway's account of cameras' hours."""

from __future__ import annotations

import shutil
from typing import Any

import httpx
import pytest

from edge.clock import from_iso, to_iso
from edge.segment import Cause, Gap
from flows.site import Site
from tests.dashboards import footage

T0 = from_iso("2026-11-01T10:00:00Z")
HOUR_MS = 3_600_000


@pytest.fixture
def two(site: Site) -> Site:
    """`gate` recorded 4 s and was out of reach for a minute; `yard` recorded an hour later."""
    footage.store(site, "gate", T0, 4)
    told = {"camera": "gate", "node": "local", "cause": Cause.CAMERA_UNREACHABLE}
    footage.gap(site, Gap(**told, start_ms=T0 + 4_000, end_ms=T0 + 64_000))
    footage.store(site, "yard", T0 + HOUR_MS, 4)
    return site


def asked(client: httpx.Client, **query: Any) -> list[dict[str, Any]]:
    when = {"from": to_iso(T0), "to": to_iso(T0 + 2 * HOUR_MS)}
    answer = client.get("/v1/coverage", params={**when, **query})
    assert answer.status_code == 200, answer.text
    rows: list[dict[str, Any]] = answer.json()["coverage"]
    return rows


def test_every_camera_is_told_hour_by_hour_and_in_sum(two: Site, client: httpx.Client) -> None:
    told = asked(client)
    assert [(row["camera"], row["of"]) for row in told] == [
        (camera, of) for camera in ("gate", "yard") for of in ("hour", "hour", "sum")
    ]
    assert told[0]["recorded_ms"] == 4_000
    assert told[0]["causes"] == {"camera_unreachable": 60_000}
    assert told[3]["not_yet_ms"] == HOUR_MS
    assert told[5]["wall_ms"] == 2 * HOUR_MS


def test_cameras_are_chosen_by_name(two: Site, client: httpx.Client) -> None:
    assert {row["camera"] for row in asked(client, camera="yard")} == {"yard"}
    assert {row["camera"] for row in asked(client, camera=["yard", "gate"])} == {"gate", "yard"}


def test_without_times_it_is_the_last_day(two: Site, client: httpx.Client) -> None:
    told = client.get("/v1/coverage").json()["coverage"]
    assert [row["wall_ms"] for row in told if row["of"] == "sum"] == [24 * HOUR_MS] * 2


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"camera": "gata"}, "did you mean 'gate'?"),
        ({"camera": "../x"}, "camera"),
        ({"from": "2026-11-02", "to": "2026-11-01"}, "must be after from"),
        ({"from": "2026-01-01", "to": "2026-11-01"}, "at most 31 days"),
        ({"from": "yesterday"}, "not an ISO 8601 time"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    two: Site, client: httpx.Client, query: dict[str, str], words: str
) -> None:
    answer = client.get("/v1/coverage", params=query)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert words in answer.json()["detail"]


def test_a_store_that_is_gone_is_said(two: Site, client: httpx.Client) -> None:
    shutil.rmtree(two.home.store)
    two.home.store.write_text("a disk that is not mounted")
    assert client.get("/v1/coverage").status_code == 503
