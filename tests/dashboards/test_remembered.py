"""What lists answer while the store is gone: what they answered before, or that it is gone."""

from __future__ import annotations

from dataclasses import replace

import httpx

from dashboards.access.visitor import Role, Visitor
from dashboards.api import create_api
from dashboards.api.remembered import AS_OF, OLDEST_MS
from edge.clock import from_iso, to_iso
from flows.site import Site
from tests.dashboards import footage
from tests.dashboards.conftest import gateway
from tests.dashboards.rights import believing, named
from tests.edge.fake_clock import FakeClock

T0 = from_iso("2026-11-01T10:00:00Z")
ANN = Visitor("ann", Role.VIEWER)
LISTS = ("/v1/segments", "/v1/events", "/v1/holds", "/v1/retention", "/videos")


def test_lists_are_answered_as_they_were_and_say_when(site: Site) -> None:
    clock = FakeClock(T0 + 60_000)
    site = replace(site, clock=clock)
    footage.event(site, footage.store(site, "gate", T0, 1), T0, T0 + 500)
    with gateway(site, believing(create_api(site))) as client:
        before = {path: client.get(path, headers=named(ANN)).json() for path in LISTS}
        away = site.home.store.with_name("away")
        site.home.store.rename(away)
        clock.sleep(5)
        for path in LISTS:
            answer = client.get(path, headers=named(ANN))
            assert (answer.status_code, answer.json()) == (200, before[path])
            assert answer.headers[AS_OF] == to_iso(T0 + 60_000)
        narrow = replace(ANN, cameras=frozenset({"gate"}))
        for path, who in (
            ("/v1/segments", narrow),
            ("/v1/segments?limit=7", ANN),
            ("/health", ANN),
        ):
            assert gone(client, path, who), path
        clock.sleep(OLDEST_MS / 1_000)
        assert gone(client, "/v1/segments", ANN)
        away.rename(site.home.store)
        assert AS_OF not in client.get("/v1/segments", headers=named(ANN)).headers


def gone(client: httpx.Client, path: str, who: Visitor) -> bool:
    """Whether it is said that the store is gone, and when to ask again."""
    answer = client.get(path, headers=named(who))
    return answer.status_code == 503 and "Retry-After" in answer.headers
