"""Health with a real Prefect server: a node is down when its worker stops reporting."""

from __future__ import annotations

import dataclasses

import httpx
import pytest

from dashboards import state
from edge.clock import SystemClock
from flows.runs import DOWN_AFTER_MS
from flows.settings import parse
from flows.site import Site
from infra.waiting import wait_until
from tests.servers.prefect_server import PrefectServer


class Later(SystemClock):
    """The machine's clock, some time ahead."""

    def __init__(self, ahead_ms: int) -> None:
        self.ahead_ms = ahead_ms

    def utc_ms(self) -> int:
        return super().utc_ms() + self.ahead_ms


def test_a_node_whose_worker_falls_silent_is_down(
    site: Site, prefect_server: PrefectServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PREFECT_API_URL", prefect_server.url)
    with httpx.Client(base_url=prefect_server.url, trust_env=False, timeout=30) as prefect:
        prefect.post("/work_pools/", json={"name": "edge-pi1", "type": "process"})
        heartbeat = "/work_pools/edge-pi1/workers/heartbeat"
        # 503 is a locked SQLite: the worker's own client would ask again too.
        wait_until(
            lambda: prefect.post(heartbeat, json={"name": "pi1 worker"}).is_success,
            seconds=90,
            what="a heartbeat",
        )
    now = dataclasses.replace(site, settings=parse({"nodes": {"pi1": {}}}))
    told = state.work(now)
    assert told.trouble is None
    later = dataclasses.replace(now, clock=Later(DOWN_AFTER_MS + 10_000))
    for at, down in ((now, False), (later, True)):
        assert [(n.name, n.is_down) for n in state.nodes(at, told.workers, {}) if n.name] == [
            ("pi1", down)
        ]
