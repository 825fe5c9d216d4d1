"""prefect.yaml on a real server: its deployments, and runs that died or got stuck."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from flows.runs import Runs
from infra.stack.automations import Windows
from infra.stack.deploy import definitions, deploy, for_nodes
from infra.stack.prefect_api import PrefectApi
from infra.waiting import wait_until
from tests.servers.prefect_server import PrefectServer

ASKED_FOR = "backfill"  # nobody schedules it
ALL = ["upload", "ingest", "analyse", ASKED_FOR, "retain", "reconcile", "compact"]
SHORT = Windows(running_s=12, pending_s=12)


@pytest.fixture
def api(prefect_server: PrefectServer) -> Iterator[PrefectApi]:
    with PrefectApi(prefect_server.url) as api:
        yield api
        for one in api.deployments("livecam"):
            api.ask("DELETE", f"/deployments/{one['id']}")


def test_one_node_has_exactly_these(prefect_server: PrefectServer, api: PrefectApi) -> None:
    assert deploy(prefect_server.url, ["local"]) == ALL

    found = {one.name: one for one in Runs(prefect_server.url).deployments()}
    assert sorted(found) == sorted(ALL)
    assert found["upload"].pool == "edge-local"
    assert {found[name].pool for name in ALL[1:]} == {"hub"}
    for one in api.deployments("livecam"):
        if one["name"] == ASKED_FOR:
            assert one["schedules"] == []
            continue
        assert one["global_concurrency_limit"]["limit"] == 1
        assert one["schedules"][0]["active"]
    wait_until(
        lambda: all(
            one.next_ms or one.name == ASKED_FOR for one in Runs(prefect_server.url).deployments()
        ),
        what="the first runs",
    )


def test_deploying_again_changes_nothing(prefect_server: PrefectServer, api: PrefectApi) -> None:
    deploy(prefect_server.url, ["local"])
    before = {one["id"]: one["updated"] for one in api.deployments("livecam")}

    deploy(prefect_server.url, ["local"])

    assert {one["id"]: one["updated"] for one in api.deployments("livecam")} == before
    automations = api.ask("POST", "/automations/filter", {})
    assert len({one["name"] for one in automations}) == len(automations) == 3


@pytest.mark.full
def test_each_of_several_nodes_has_an_upload(
    prefect_server: PrefectServer, api: PrefectApi
) -> None:
    deploy(prefect_server.url, ["local"])
    deploy(prefect_server.url, ["pi1", "pi2"])

    found = {one.name: one.pool for one in Runs(prefect_server.url).deployments()}
    assert sorted(found) == sorted(["upload-pi1", "upload-pi2", *ALL[1:]])
    assert found["upload-pi2"] == "edge-pi2"


def test_a_shorter_round_keeps_the_order_of_the_flows() -> None:
    wanted = for_nodes(definitions(), ["local"])
    anchors = [one["schedules"][0].get("anchor_date") for one in wanted[:3]]
    assert anchors == sorted(anchors)
    assert len(set(anchors)) == 3


@pytest.mark.full
def test_a_silent_run_and_one_that_never_starts_free_their_slots(
    prefect_server: PrefectServer, api: PrefectApi
) -> None:
    # Rarely, for want of a worker: Prefect marking many late runs at once locks its SQLite.
    deploy(prefect_server.url, ["local"], interval_s=3_600, windows=SHORT)
    of = {one["name"]: one["id"] for one in api.deployments("livecam")}
    stuck = _run(api, of["ingest"], "PENDING")
    silent = _run(api, of["analyse"], "PENDING", "RUNNING")
    assert [_taken(api, of[name]) for name in ("ingest", "analyse")] == [1, 1]
    began = time.monotonic()

    wait_until(
        lambda: {_state(api, stuck), _state(api, silent)} == {"CRASHED"},
        seconds=120,
        what="the automations",
    )

    assert time.monotonic() - began > 10
    assert [_taken(api, of[name]) for name in ("ingest", "analyse")] == [0, 0]


def _run(api: PrefectApi, deployment: str, *states: str) -> str:
    """A run put into these states by hand, as if its worker had died in the last."""
    later: dict[str, Any] = {"scheduled_time": "2100-01-01T00:00:00Z"}
    body = {"state": {"type": "SCHEDULED", "state_details": later}}
    run = api.ask("POST", f"/deployments/{deployment}/create_flow_run", body)
    for state in states:
        answer = api.ask("POST", f"/flow_runs/{run['id']}/set_state", {"state": {"type": state}})
        assert answer["status"] in {"ACCEPT", "WAIT"}, answer
    return str(run["id"])


def _state(api: PrefectApi, run: str) -> str:
    return str(api.ask("GET", f"/flow_runs/{run}")["state_type"])


def _taken(api: PrefectApi, deployment: str) -> int:
    return int(
        api.ask("GET", f"/deployments/{deployment}")["global_concurrency_limit"]["active_slots"]
    )
