"""What a node is told of the hub's livecam.yaml, and what becomes of its own."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from edge.errors import BadSettings
from flows.config_file import whole
from flows.config_file.of_node import MARK, apply, joined, part_of

HUB = """
site: farm
store: {kind: s3, secret_key: hub-secret}
gateway: {key: hub-key}
record: {segment: 1m}
notify: ['json://host/notify-secret']
nodes: {pi1: {spool: {quota: 10GB}}, pi2: {}}
cameras:
  gate: {node: pi1, source: 'rtsp://u:{GATE_PASSWORD}@gate.local/s', retain: {days: 7}, notify: []}
  yard: {node: pi2, source: 'rtsp://u:yard-secret@yard.local/s'}
"""
OWN = """# the barn's
store:
  kind: s3
  endpoint: http://hub:9000  # the hub
  access_key: pi1
  secret_key: own-secret
gateway: {url: 'http://hub:8080', key: lck_x}
nodes: {pi1: {}}
cameras:
  gate:
    node: pi1
    source: 'scene:'
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    found = tmp_path / "livecam.yaml"
    found.write_text(OWN)
    return found


def test_a_node_is_told_of_its_cameras_alone_and_of_no_secret_of_others() -> None:
    part = part_of(HUB, "pi1")
    assert part == {
        "site": "farm",
        "record": {"segment": "1m"},
        "nodes": {"pi1": {"spool": {"quota": "10GB"}}},
        "cameras": {"gate": {"node": "pi1", "source": "rtsp://u:{GATE_PASSWORD}@gate.local/s"}},
    }
    assert "secret" not in str(part)
    assert part_of("cameras: {gate: {source: 'scene:'}}", "local")["cameras"] == {
        "gate": {"source": "scene:", "node": "local"}
    }
    assert part_of(HUB, "pi3")["cameras"] == {}


def test_a_nodes_own_lines_stay_and_the_hubs_are_replaced(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GATE_PASSWORD", "x")
    part = part_of(HUB, "pi1")
    assert apply(path, part)
    text = path.read_text()
    own = OWN.partition("nodes:")[0]
    assert text.startswith(own + MARK)
    document = yaml.safe_load(text)
    assert document == {**yaml.safe_load(own), **part}
    assert not apply(path, part)
    fewer = part_of("nodes: {pi1: {}}\ncameras: {}\n", "pi1")
    assert apply(path, fewer)
    assert yaml.safe_load(path.read_text()) == {**yaml.safe_load(own), **fewer}
    assert whole.load(yaml.safe_load(path.read_text())).nodes == ("pi1",)


def test_what_is_wrong_here_changes_nothing(path: Path) -> None:
    with pytest.raises(BadSettings, match="GATE_PASSWORD"):
        apply(path, part_of(HUB, "pi1"))
    strange = part_of("nodes: {pi1: {}}\ncameras: {gate: {source: 'gopher://x'}}", "pi1")
    with pytest.raises(BadSettings, match="of no kind"):
        apply(path, strange)
    assert path.read_text() == OWN


def test_a_file_that_is_one_line_is_left_alone() -> None:
    with pytest.raises(BadSettings, match="cannot be added to"):
        joined("{site: here}", {"site": "there"})
    assert joined("", {"site": "there"}) == f"{MARK}\nsite: there\n"
