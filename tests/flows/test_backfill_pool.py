"""`livecam backfill` on a real Prefect server: a worker does it, also after it was killed."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from edge.home import Home
from flows.catalogue import read
from flows.runs import Runs
from flows.site import Site
from flows.stages import leases, requests
from flows.stages.backfill import Stretch
from flows.stages.ingest import ingest
from flows.stages.requests import Request
from flows.stages.upload import spool_of, upload
from flows.vision.hog import HogDetector
from infra.cli.backfill import backfill
from infra.stack import environment
from infra.stack.deploy import deploy
from infra.stack.prefect_api import PrefectApi
from infra.waiting import wait_until
from tests.flows.stage_site import folder_site, seal_some
from tests.servers.prefect_server import PrefectServer
from tests.servers.process import Server

WORKER = (sys.executable, "-m", "prefect", "worker", "start", "--type", "process")


@pytest.fixture
def here(prefect_server: PrefectServer, monkeypatch: pytest.MonkeyPatch) -> Site:
    """A site with footage nobody has looked at; its flows are deployed, nothing else runs."""
    monkeypatch.setenv("PREFECT_API_URL", prefect_server.url)
    site = folder_site(Home.from_environment().root)
    seal_some(site, count=3)
    upload(site, spool_of(site))
    ingest(site)
    deploy(prefect_server.url, ["local"], interval_s=3_600)
    return site


@pytest.fixture
def worker(here: Site, prefect_server: PrefectServer, tmp_path: Path) -> Iterator[Server]:
    """A worker of the hub's pool, on this machine."""
    told = environment.client(Home(prefect_server.home.parent), prefect_server.url)
    found = Server(
        [*WORKER, "--pool", "hub", "--name", "hub"],
        log=tmp_path / "worker.log",
        environment={**os.environ, **told, "LIVECAM_HOME": str(here.home.root)},
    )
    runs = Runs(prefect_server.url)
    found.start(lambda: any(one.pool == "hub" for one in runs.workers()), seconds=120)
    yield found
    found.stop()
    with PrefectApi(prefect_server.url) as api:
        for one in api.deployments("livecam"):
            api.ask("DELETE", f"/deployments/{one['id']}")


@pytest.mark.full
@pytest.mark.timeout(300)
@pytest.mark.usefixtures("worker")
def test_a_worker_does_it_and_the_command_follows(here: Site) -> None:
    words = ["--model", "hog", "--rate", "100%", "--json"]
    done = CliRunner().invoke(backfill, words, catch_exceptions=False)
    assert done.exit_code == 0, done.stderr
    row = json.loads(done.stdout)
    assert (row["segments"], row["set_aside"]) == (3, 0)
    rows = read.analyses(here)
    assert rows.height == 3
    assert not any(one.startswith("backfill-") for one in rows["flow_run_id"])  # C5: the run's own
    assert list(requests.asked(here)) == []


def test_a_run_is_started_for_each_worker_that_has_none(
    here: Site, prefect_server: PrefectServer
) -> None:
    runs = Runs(prefect_server.url)
    with PrefectApi(prefect_server.url) as api:
        for name in ("one", "two"):
            api.ask("POST", "/work_pools/hub/workers/heartbeat", {"name": name})
        assert requests.summon(here, runs) == 0
        request = Request("hog", HogDetector().digest, Stretch(1, None, ("hall",)))
        requests.ask(here, request)
        requests.ask(here, request)
        assert list(requests.asked(here)) == [request]
        up = len([one for one in runs.workers() if one.pool == "hub"])
        with leases.taken(here, requests.run_name("one")):
            wait_until(lambda: requests.summon(here, runs) >= 0, what="Prefect")
            assert runs.unstarted("backfill") == up - 1
            assert requests.summon(here, runs) == 0
        assert requests.summon(here, runs) == 1
        requests.end(here, request)
        assert not requests.is_asked(here, request)
        for one in api.deployments("livecam"):
            api.ask("DELETE", f"/deployments/{one['id']}")


def test_a_model_that_was_removed_ends_what_was_asked_of_it_and_no_more(
    prefect_api: PrefectServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    from flows.backfill import backfill as flow

    monkeypatch.setenv("PREFECT_API_URL", prefect_api.url)
    site = folder_site(Home.from_environment().root)
    seal_some(site, count=1)
    upload(site, spool_of(site))
    ingest(site)
    requests.ask(site, Request("gone", "f" * 64, Stretch()))
    requests.ask(site, Request("hog", HogDetector().digest, Stretch()))
    state = flow(return_state=True)
    assert state.is_completed()
    assert str(state.message) == "segments 1, models missing 1"
    assert list(requests.asked(site)) == []
