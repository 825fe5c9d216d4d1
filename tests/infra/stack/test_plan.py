"""Which parts run, for each role and configuration."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from edge.errors import BadSettings
from edge.home import Home
from infra import config
from infra.stack.ports import Ports
from infra.stack.site import Role, plan

CAMERA = {"source": "scene:"}
SITE: dict[str, Any] = {
    "nodes": {"pi1": {}, "pi2": {}},
    "cameras": {"gate": {"node": "pi1", **CAMERA}},
}
KEYS = {
    "kind": "s3",
    "endpoint": "http://127.0.0.1:9",
    "access_key": "node-key",
    "secret_key": "a-secret",
}


def names(document: dict[str, Any], home: Path, role: Role, node: str | None = None) -> list[str]:
    ports = Ports(home / "ports")
    found = plan(config.load(document), Home(home), ports, role, node).parts
    ports.close()
    return [one.name for one in found]


def test_a_site_runs_everything(tmp_path: Path) -> None:
    document = {"cameras": {"gate": CAMERA}}
    found = names(document, tmp_path, Role.SITE)
    assert found == ["record-local", "prefect", "upload-local", "hub", "app"]


def test_a_node_without_cameras_has_no_recorder(tmp_path: Path) -> None:
    found = names(SITE, tmp_path, Role.SITE)
    assert found == ["record-pi1", "prefect", "upload-pi1", "upload-pi2", "hub", "app"]


def test_the_hub_records_nothing(tmp_path: Path) -> None:
    assert names(SITE, tmp_path, Role.HUB) == ["prefect", "hub", "app"]


def test_a_node_runs_its_own_part_alone(tmp_path: Path) -> None:
    found = names({**SITE, "store": KEYS}, tmp_path, Role.NODE, "pi1")
    assert found == ["record-pi1", "upload-pi1"]


@pytest.mark.parametrize("store", [{"kind": "folder"}, {"kind": "s3"}])
def test_a_node_must_be_able_to_reach_the_store(tmp_path: Path, store: dict[str, Any]) -> None:
    with pytest.raises(BadSettings, match="livecam nodes add pi1"):
        names({**SITE, "store": store}, tmp_path, Role.NODE, "pi1")


def test_no_secret_is_in_a_command_line(tmp_path: Path) -> None:
    ports = Ports(tmp_path / "ports")
    found = plan(config.load({**SITE, "store": KEYS}), Home(tmp_path), ports)
    ports.close()
    assert not any("a-secret" in word for part in found.parts for word in part.argv)
    assert "a-secret" not in repr(found)
