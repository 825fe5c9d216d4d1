"""A camera's time as its timeline is told it, near and from afar."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import httpx
import pytest

from dashboards.access.visitor import Role, Visitor
from dashboards.api.nearby import nearby
from dashboards.api.timeline import timeline
from dashboards.archive import Archive
from edge.clock import to_iso, to_utc
from edge.segment import Cause, Gap
from flows.catalogue import delta, facts
from flows.catalogue.schema import GAPS, HOLDS, SEGMENTS
from flows.site import Site
from tests.dashboards import footage
from tests.dashboards.test_api import T0, get

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS


class _Then:
    """A clock that stands."""

    def __init__(self, ms: int) -> None:
        self.ms = ms

    def utc_ms(self) -> int:
        return self.ms


def missed(site: Site, *spans: tuple[int, int]) -> None:
    gaps = [
        Gap(camera="gate", node="local", start_ms=start, end_ms=end, cause=Cause.NODE_DOWN)
        for start, end in spans
    ]
    rows = [facts.gap_row(facts.missed(one)) for one in gaps]
    delta.insert(delta.open_table(site.store, GAPS), GAPS, delta.frame(GAPS, rows))


def asked(client: httpx.Client, start_ms: int, end_ms: int, **more: Any) -> Mapping[str, Any]:
    query = {"start": to_iso(start_ms), "end": to_iso(end_ms), **more}
    found: Mapping[str, Any] = get(client, "/v1/timelines/gate", **query)
    return found


def mark(site: Site, *, status: str) -> None:
    """Say of every segment what became of it."""
    table = delta.find(site.store, SEGMENTS)
    assert table is not None
    table.update({"status": f"'{status}'"})


def test_a_stored_segment_outranks_a_gap(site: Site, client: httpx.Client) -> None:
    footage.store(site, "gate", T0, 2)
    missed(site, (T0 - 60_000, T0 + 60_000))
    told = asked(client, T0 - HOUR_MS, T0 + HOUR_MS)
    spans = [(gap["start_ms"] - T0, gap["end_ms"] - T0) for gap in told["gaps"]]
    assert spans == [(-60_000, 0), (2_000, 60_000)]
    assert [one["state"] for one in told["untold"]] == ["not_yet", "unexplained"]


def test_a_gap_is_told_as_long_as_it_is_where_it_is_cut(site: Site, client: httpx.Client) -> None:
    footage.store(site, "gate", T0 - 2_000, 2)
    missed(site, (T0, T0 + DAY_MS))
    for start_ms in (T0 + HOUR_MS, T0):
        [gap] = asked(client, start_ms, T0 + 2 * HOUR_MS, steps=100)["gaps"]
        assert (gap["start_ms"], gap["missing_ms"]) == (T0, DAY_MS)


def test_what_retention_took_is_no_gap(site: Site, client: httpx.Client) -> None:
    for n in range(3):
        footage.store(site, "gate", T0 + n * 2_010, 2)
    mark(site, status="expired")
    told = asked(client, T0, T0 + 6_000)
    assert told["expired"] == [[T0, T0 + 6_000]]
    assert (told["recorded"], told["runs"], told["gaps"]) == ([], [], [])


def test_holds_are_told(site: Site, client: httpx.Client) -> None:
    row = {
        "id": "h1",
        "camera": "gate",
        "start_utc": to_utc(T0),
        "end_utc": to_utc(T0 + 5_000),
        "placed_utc": to_utc(T0),
        "reason": "broken window",
        "day": "2026-11-01",
    }
    delta.insert(delta.open_table(site.store, HOLDS), HOLDS, delta.frame(HOLDS, [row]))
    footage.store(site, "gate", T0, 2)
    assert asked(client, T0 - HOUR_MS, T0 + HOUR_MS)["holds"] == [[T0, T0 + 5_000]]
    assert asked(client, T0 + 5_000, T0 + HOUR_MS)["holds"] == []


def test_a_month_is_told_in_as_few_spans_as_a_screen_can_show(
    site: Site, client: httpx.Client
) -> None:
    footage.day(site, "gate", T0)
    starts = range(T0 + DAY_MS, T0 + DAY_MS + 500 * 600_000, 600_000)
    missed(site, *((start, start + 60_000) for start in starts))
    told = asked(client, T0, T0 + 31 * DAY_MS, steps=400)
    assert told["step_ms"] == 31 * DAY_MS // 400
    assert told["recorded"] == [[T0, T0 + DAY_MS]]
    assert len(told["runs"]) == 1
    assert len(told["gaps"]) <= 60
    # However few they are told in, they say how much is missing.
    assert sum(gap["missing_ms"] for gap in told["gaps"]) == 500 * 60_000


def test_many_events_are_told_by_the_best_of_each_step(
    site: Site, client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = footage.store(site, "gate", T0, 2)
    for n in range(6):
        footage.event(site, made, T0 + n * 100, T0 + n * 100 + 50, score=0.5 + n / 100)
    monkeypatch.setattr("dashboards.api.coarse.MOST_EVENTS", 5)
    told = asked(client, T0, T0 + 2_000, steps=2)["events"]
    assert [one["score"] for one in told] == [0.55]


@pytest.mark.parametrize(
    ("days", "steps", "status"), [(8, None, 200), (9, None, 400), (31, 100, 200), (32, 100, 400)]
)
def test_no_more_than_a_month_is_told(
    client: httpx.Client, site: Site, days: int, steps: int | None, status: int
) -> None:
    footage.store(site, "gate", T0, 1)
    query: dict[str, Any] = {"start": to_iso(T0), "end": to_iso(T0 + days * DAY_MS)}
    query |= {} if steps is None else {"steps": steps}
    assert client.get("/v1/timelines/gate", params=query).status_code == status


def test_the_next_event_and_the_next_footage_may_be_far(site: Site, client: httpx.Client) -> None:
    early = footage.store(site, "gate", T0, 2)
    late = footage.store(site, "gate", T0 + 90 * DAY_MS, 2)
    footage.event(site, early, T0, T0 + 1_000)
    footage.event(site, late, late.start_ms, late.end_ms)

    def found(at_ms: int, **query: Any) -> Any:
        told = get(client, "/v1/timelines/gate/next", at=to_iso(at_ms), **query)["found"]
        return told and told["start_ms"]

    assert found(T0 - 1) == T0
    assert found(T0) == late.start_ms
    assert found(late.start_ms) is None
    assert found(late.start_ms, backwards=True) == T0
    assert found(T0 + 1_000, of="footage") == T0
    assert found(T0 + 2_000, of="footage") == late.start_ms
    assert found(late.end_ms, of="footage", backwards=True) == late.start_ms
    assert found(T0 - 1, of="footage", backwards=True) is None


def test_a_camera_that_one_may_not_see_is_as_one_that_never_was(site: Site) -> None:
    made = footage.store(site, "gate", T0, 2)
    footage.event(site, made, T0, T0 + 1_000)
    missed(site, (T0 + 2_000, T0 + 60_000))
    now = replace(site, clock=_Then(T0 + DAY_MS))  # type: ignore[arg-type]
    nobody = Archive(now).seen_by(Visitor("ann", Role.VIEWER, frozenset({"yard"})))
    asked_for = (T0 - HOUR_MS, T0 + HOUR_MS)
    gate, never = (timeline(nobody, name, *asked_for, 100) for name in ("gate", "never"))
    assert {**gate, "camera": "never"} == never
    assert nearby(nobody, "gate", T0 - 1, "event") is None
    assert nearby(nobody, "gate", T0 - 1, "footage") is None
