"""A hub and a node that finds it by another address: 127.0.0.2 plays the other machine."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
import yaml

from edge.errors import BadSettings, Retryable
from edge.home import Home
from flows import reach
from flows.catalogue import read
from flows.config_file import whole as config
from flows.runs import Runs
from flows.site import Site, open_site
from infra.stack.prefect_api import PrefectApi
from infra.waiting import wait_until
from tests.e2e.command import left, run, up
from tests.servers.process import free_port

NAME, FROM_AFAR = "hub.invalid", "127.0.0.2"
HUB_PARTS = ("minio", "prefect", "hub", "app")
NODE_PARTS = ("record-pi1", "serve-pi1", "upload-pi1")


@dataclass(frozen=True)
class Machines:
    """Two homes; what the hub names itself is `NAME`, which nothing here looks up."""

    hub: Path
    node: Path
    document: dict[str, Any]

    def write(self, home: Path, **changes: Any) -> None:
        home.parent.mkdir(exist_ok=True)
        text = yaml.safe_dump({**self.document, **changes}).replace(NAME, FROM_AFAR)
        (home.parent / "livecam.yaml").write_text(text)


@pytest.fixture
def machines(
    tmp_path: Path, livecam_home: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Machines]:
    document = {
        "store": {"kind": "s3", "public_endpoint": f"http://{NAME}:{free_port()}"},
        "prefect": {"api": f"http://{NAME}:{free_port()}/api"},
        "nodes": {"pi1": {}},
        "record": {"segment": "5s"},
        "cameras": {"yard": {"node": "pi1", "source": "scene:?fps=5&size=320x176"}},
    }
    both = Machines(livecam_home, tmp_path / "pi1" / "home", document)
    livecam_home.parent.mkdir(exist_ok=True)
    path = livecam_home.parent / "livecam.yaml"
    path.write_text(yaml.safe_dump(document))
    monkeypatch.setenv("LIVECAM_CONFIG", str(path))
    yield both
    for home, parts in ((both.node, NODE_PARTS), (both.hub, HUB_PARTS)):
        if left(home, *parts):
            run(home, "down")


@pytest.mark.full
@pytest.mark.timeout(420)
def test_a_node_elsewhere_reaches_the_hub_and_a_stranger_does_not(machines: Machines) -> None:
    with up(machines.hub, "--hub") as hub:
        addresses = hub.addresses()
        assert all(address.startswith("http://127.0.0.1:") for address in addresses.values())
        told = json.loads(run(machines.hub, "nodes", "add", "pi1", "--json").stdout)
        api, auth = told["prefect"]["api"].replace(NAME, FROM_AFAR), told["prefect"]["auth"]
        _a_stranger_is_refused(api, told["endpoint"].replace(NAME, FROM_AFAR))
        store = {name: told[name] for name in ("kind", "endpoint", "access_key", "secret_key")}
        machines.write(machines.node, store=store, prefect=told["prefect"])

        with up(machines.node, "--node", "pi1") as node:
            assert node.addresses()["prefect"] == api.removesuffix("/api")
            site = open_site(config.load().flows, Home(machines.hub))
            _work_is_done(site, Runs(api, auth))
            _both_are_up(machines)
            _nobody_tells(machines, auth)
            assert run(machines.node, "down").returncode == 0
    assert run(machines.hub, "down").returncode == 0
    assert left(machines.hub, *HUB_PARTS) == left(machines.node, *NODE_PARTS) == []


def _a_stranger_is_refused(api: str, endpoint: str) -> None:
    for headers in ({}, reach.headers("livecam:guessed")):
        asked = httpx.post(f"{api}/flow_runs/filter", json={}, headers=headers, timeout=5)
        assert asked.status_code == httpx.codes.UNAUTHORIZED
    with pytest.raises(Retryable, match=r"prefect\.auth.*livecam nodes add"):
        Runs(api).deployments()
    with PrefectApi(api, "livecam:guessed") as asking, pytest.raises(BadSettings):
        asking.deployments("livecam")
    assert httpx.get(f"{endpoint}/footage", timeout=5).status_code == httpx.codes.FORBIDDEN


def _work_is_done(site: Site, runs: Runs) -> None:
    """The node's footage went through deployments' runs on both machines."""
    wait_until(lambda: read.analyses(site).height, seconds=180, what="the first analysis")
    assert set(read.segments(site, columns=("node",))["node"]) == {"pi1"}
    completed = {
        one.flow
        for one in runs.last_runs(100)
        if one.state == "Completed" and "segments" in one.message
    }
    assert {"upload", "ingest"} <= completed


def _both_are_up(machines: Machines) -> None:
    """By their workers' heartbeats, and on both machines."""
    for home in (machines.hub, machines.node):
        found = json.loads(run(home, "status", "--json").stdout)
        assert {one["node"]: one["state"] for one in found["nodes"]} == {"pi1": "up", "hub": "up"}


def _nobody_tells(machines: Machines, auth: str) -> None:
    word = auth.removeprefix("livecam:")
    logs = [log for home in (machines.hub, machines.node) for log in (home / "logs").glob("*")]
    assert logs
    assert not [log.name for log in logs if word in log.read_text(errors="replace")]
    for one in psutil.process_iter(["cmdline"]):
        assert not any(word in argument for argument in one.info["cmdline"] or ())
