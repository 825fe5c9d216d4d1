"""The flows on a real Prefect server: what they do, and what they show."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.errors import Retryable
from edge.home import Home
from flows.catalogue import read
from flows.runs import Runs, Worker, api_of
from flows.settings import FlowSettings, PrefectSettings
from flows.site import Site
from infra.stack.prefect_api import PrefectApi
from tests.flows.stage_site import folder_site, seal_some
from tests.servers.prefect_server import PrefectServer


@pytest.fixture
def here(livecam_home: Path) -> Site:
    return folder_site(livecam_home)


def test_footage_goes_through_the_three_flows(prefect_api: PrefectServer, here: Site) -> None:
    from flows.analyse import analyse
    from flows.ingest import ingest
    from flows.upload import upload

    seal_some(here, count=2)
    ended = {flow.name: flow(return_state=True) for flow in (upload, ingest, analyse)}

    assert {name: state.name for name, state in ended.items()} == dict.fromkeys(ended, "Completed")
    assert str(ended["upload"].message).startswith("segments 2")
    assert str(ended["ingest"].message).startswith("segments 2")
    assert str(ended["analyse"].message).startswith("segments 2")
    assert ended["analyse"].state_details.flow_run_id is not None
    runs = set(read.analyses(here)["flow_run_id"])
    assert runs == {str(ended["analyse"].state_details.flow_run_id)}  # C5
    with PrefectApi(prefect_api.url) as api:
        keys = {one["key"] for one in api.ask("POST", "/artifacts/filter", {})}
    assert {"uploaded", "ingested", "analysed", "analysing"} <= keys


def test_the_daily_flows_run_on_an_empty_site(prefect_api: PrefectServer, here: Site) -> None:
    from flows.compact import compact
    from flows.reconcile import reconcile
    from flows.retain import retain

    for flow in (retain, reconcile, compact):
        state = flow(return_state=True)
        assert state.is_completed(), state.message


@pytest.mark.expects_errors
def test_only_what_may_succeed_later_is_tried_again(prefect_api: PrefectServer) -> None:
    from prefect import flow, task

    from edge.errors import StoreRefused, StoreUnavailable
    from flows.running import TASK

    tries: list[str] = []

    @task(**{**TASK, "retry_delay_seconds": [0, 0, 0]})
    def store(error: type[Exception]) -> None:
        tries.append(error.__name__)
        if tries.count("StoreUnavailable") < 3:
            raise error("no answer")

    @flow(persist_result=False)
    def work() -> None:
        store(StoreUnavailable)
        tries.append("done")
        tries.clear()
        store(StoreRefused)

    state = work(return_state=True)

    assert state.is_failed()
    assert tries == ["StoreRefused"]


def test_a_prefect_that_is_down_says_what_to_do() -> None:
    with pytest.raises(Retryable, match="livecam up"):
        Runs("http://127.0.0.1:9/api").workers()


def test_a_worker_is_down_after_fifteen_seconds() -> None:
    worker = Worker("pi1", "edge-pi1", "pi1", 100_000)
    assert not worker.is_down(115_000)
    assert worker.is_down(115_001)
    assert Worker("pi1", "edge-pi1", "pi1", None).is_down(0)


def test_the_server_that_runs_here_comes_before_the_configured_one(
    livecam_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    home = Home(livecam_home)
    settings = FlowSettings(prefect=PrefectSettings(api="http://127.0.0.1:1/api"))
    assert api_of(settings, home) == "http://127.0.0.1:1/api"
    home.run.mkdir(parents=True)
    (home.run / "prefect.json").write_text('{"address": "http://127.0.0.1:2"}')
    assert api_of(settings, home) == "http://127.0.0.1:2/api"
