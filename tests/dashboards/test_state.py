from __future__ import annotations

import dataclasses

import pytest

from dashboards import state
from edge.clock import from_iso
from flows.runs import Run, Worker
from flows.settings import parse
from flows.site import Site
from tests.dashboards import footage

NOW = from_iso("2026-11-01T10:00:00Z")


class Stopped:
    """A clock that shows one moment."""

    def utc_ms(self) -> int:
        return NOW

    def monotonic_ms(self) -> int:
        return 0

    def boot_id(self) -> str:
        return "boot"

    def sleep(self, seconds: float) -> None:
        raise AssertionError(f"nothing here waits, least of all {seconds} s")


@pytest.fixture
def stopped(site: Site) -> Site:
    """Three nodes with a camera each, at NOW."""
    document = {
        "nodes": {"pi1": {}, "pi2": {}},
        "cameras": {
            "gate": {"node": "pi1", "source": "scene:"},
            "yard": {"node": "pi2", "source": "scene:"},
        },
    }
    return dataclasses.replace(site, settings=parse(document), clock=Stopped())


def worker(name: str, node: str | None, ago_ms: int) -> Worker:
    pool = f"edge-{node}" if node else "hub"
    return Worker(name, pool, node, NOW - ago_ms)


def test_a_node_is_down_when_none_of_its_workers_reports(stopped: Site) -> None:
    told = state.nodes(
        stopped,
        [worker("old", "pi1", 600_000), worker("new", "pi1", 2_000), worker("hub", None, 16_000)],
        {},
    )
    assert [(node.name, node.is_down) for node in told] == [
        ("pi1", False),
        ("pi2", True),  # never reported
        ("", True),
    ]


def test_a_node_that_beats_is_there_whatever_its_workers_do(stopped: Site) -> None:
    heard = {"pi1": NOW - 3_000, "pi9": NOW}
    told = state.nodes(stopped, [worker("old", "pi1", 600_000)], heard)
    assert [(node.name, node.is_down) for node in told] == [("pi1", False), ("pi2", True)]
    asked_nobody = state.nodes(stopped, None, heard)
    assert [node.name for node in asked_nobody] == ["pi1"]


def test_who_may_see_one_camera_sees_its_node_alone(stopped: Site) -> None:
    some = dataclasses.replace(stopped, only=frozenset({"yard"}))
    told = state.nodes(some, [worker("w", "pi1", 0), worker("hub", None, 0)], {"pi1": NOW})
    assert [node.name for node in told] == ["pi2"]


def test_a_camera_is_late_when_nothing_new_is_stored(stopped: Site) -> None:
    footage.store(stopped, "gate", NOW - 20_000, 2)
    told = {camera.name: camera for camera in state.cameras(stopped)}
    assert told["gate"].age_ms == 18_000
    assert not told["gate"].is_late
    assert told["gate"].bytes_per_s > 0
    assert told["yard"].is_late
    assert told["yard"].age_ms is None
    assert told["yard"].node == "pi2"


def test_the_runway_is_the_room_over_what_streams_in(stopped: Site) -> None:
    made = footage.store(stopped, "gate", NOW - 4_000, 4)
    cameras = state.cameras(stopped)
    assert state.runway_ms(made.size_bytes * 10, cameras) == pytest.approx(40_000, abs=1)
    assert state.runway_ms(1, []) is None


def test_of_a_deployment_s_runs_the_newest_counts() -> None:
    def run(name: str, state_name: str) -> Run:
        return Run(name, "f", name, "r", state_name, "", NOW, NOW)

    told = state.last_of_each([run("b", "Running"), run("a", "Completed"), run("b", "Failed")])
    assert [(one.deployment, one.state) for one in told] == [("a", "Completed"), ("b", "Running")]


def test_without_prefect_work_says_so(stopped: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:9/api")
    assert "Prefect does not answer" in (state.work(stopped).trouble or "")
