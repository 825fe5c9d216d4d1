"""`livecam up` on MinIO: a whole site, killed, adopted, stopped."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from edge.home import Home
from flows.catalogue import read
from flows.config_file import whole as config
from flows.runs import Runs
from flows.site import Site, open_site
from infra.stack import record
from infra.stack.automations import Windows
from infra.stack.deploy import deploy
from infra.stack.prefect_api import PrefectApi
from infra.waiting import wait_until
from tests.e2e.command import PARTS, Up, beside, left, run, up
from tests.servers.process import free_port

# The hub's own, of 100 and 90 s, say what a busy site needs, not what is shown here.
SHORT = Windows(running_s=45, pending_s=20)
CONFIGURATION = """\
store: {{kind: s3}}
prefect: {{api: "http://127.0.0.1:{port}/api"}}
record: {{segment: 5s}}
cameras:
  yard: {{source: "scene:?fps=5&size=320x176"}}
"""


@pytest.fixture
def home(livecam_home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    text = CONFIGURATION.format(port=free_port())
    with beside(livecam_home, text, monkeypatch) as found:
        yield found


@pytest.mark.full
@pytest.mark.timeout(420)
def test_a_site_works_is_adopted_and_ends_whole(home: Path) -> None:
    with up(home) as first:
        addresses = first.addresses()
        assert all(addresses.values())
        site = open_site(config.load().flows, Home(home))
        runs = Runs(f"{addresses['prefect']}/api")
        assert len(runs.deployments()) == 7
        _work_is_done(site, runs)
        _status_tells(home, addresses)
        _a_second_up_answers(home, addresses)
        before = record.parts(Home(home))
        first.signal(signal.SIGKILL)

    with up(home) as second:
        assert second.addresses() == addresses
        after = record.parts(Home(home))
        assert {name: one.identity for name, one in after.items()} == {
            name: one.identity for name, one in before.items()
        }
        _ends_whole(home, second)


def _work_is_done(site: Site, runs: Runs) -> None:
    """Footage went through flows on a schedule, and rows name runs that completed."""
    wait_until(lambda: read.analyses(site).height, seconds=180, what="the first analysis")
    ids = set(read.analyses(site)["flow_run_id"])

    def completed() -> set[str]:
        found = runs.last_runs(100, flow="analyse")
        return {one.id for one in found if one.state == "Completed" and "segments" in one.message}

    wait_until(lambda: ids & completed(), what="the end of its run")


def _status_tells(home: Path, addresses: dict[str, Any]) -> None:
    done = run(home, "status", "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["addresses"] == addresses
    assert {one["node"]: one["state"] for one in found["nodes"]} == {"local": "up", "hub": "up"}
    assert found["cameras"][0]["last_segment_age_s"] is not None
    assert found["set_aside"] == []


def _a_second_up_answers(home: Path, addresses: dict[str, Any]) -> None:
    done = run(home, "up", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["addresses"] == addresses


def _ends_whole(home: Path, running: Up) -> None:
    done = run(home, "down", "--json")
    assert done.returncode == 0, done.stderr
    assert set(json.loads(done.stdout)["stopped"]) == set(PARTS)
    assert running.process.wait(90) == 0
    assert left(home, *PARTS) == []
    assert json.loads(run(home, "down", "--json").stdout) == {"stopped": []}


@pytest.mark.full
@pytest.mark.timeout(240)
def test_a_worker_killed_in_mid_run_is_replaced_and_its_slot_is_free(home: Path) -> None:
    with up(home, "--hub") as running:
        addresses = running.addresses()
        worker = record.parts(Home(home))["hub"].identity
        deploy(f"{addresses['prefect']}/api", ["local"], windows=SHORT)
        with PrefectApi(f"{addresses['prefect']}/api") as api:
            of = {one["name"]: one["id"] for one in api.deployments("livecam")}
            run_id = api.ask("POST", f"/deployments/{of['reconcile']}/create_flow_run", {})["id"]
            wait_until(
                lambda: api.ask("GET", f"/flow_runs/{run_id}")["state_type"] == "PENDING",
                seconds=90,
                what="the run",
            )
            os.kill(worker.pid, signal.SIGKILL)
            wait_until(lambda: _settled(api, run_id, of["reconcile"]), seconds=200, what="the end")
        assert record.parts(Home(home))["hub"].identity != worker
        assert running.signal(signal.SIGTERM) == 0
        assert left(home, *PARTS) == []


def _settled(api: PrefectApi, run_id: str, deployment: str) -> bool:
    state = api.ask("GET", f"/flow_runs/{run_id}")["state_type"]
    limit = api.ask("GET", f"/deployments/{deployment}")["global_concurrency_limit"]
    return state in {"COMPLETED", "CRASHED", "CANCELLED"} and limit["active_slots"] == 0


def test_without_a_configuration_it_says_how_to_write_one(livecam_home: Path) -> None:
    livecam_home.parent.mkdir(exist_ok=True)

    done = run(livecam_home, "up")

    assert done.returncode == 1
    assert done.stderr.startswith("livecam: there is no livecam.yaml")
    assert "cameras: {gate: {source:" in done.stderr
    assert not livecam_home.exists()
