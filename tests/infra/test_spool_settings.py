"""`spool:` and shares in livecam.yaml: what they say, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from edge.errors import BadSettings
from edge.quota import Amount, Policy, WhenFull
from edge.spool import Spool
from flows.config_file import whole as config
from infra.live import Live
from tests.edge.fake_clock import FakeClock

SITE = {
    "nodes": {"pi1": {}, "pi2": {"spool": {"quota": "80%", "when_full": "stop"}}},
    "spool": {"quota": "200GB", "reserve": "8MB"},
    "record": {"share": "25%"},
    "cameras": {
        "gate": {"node": "pi1", "source": "scene:", "record": {"share": "40GB"}},
        "yard": {"node": "pi1", "source": "scene:"},
        "hall": {"node": "pi2", "source": "scene:"},
    },
}


def test_a_node_has_its_own_spool_and_a_camera_its_own_share() -> None:
    spools = config.load(SITE).spools
    quarter = Amount(part=0.25)
    assert spools["pi1"] == Policy(
        quota=Amount(size_bytes=200_000_000_000),
        reserve_bytes=8_000_000,
        shares={"gate": Amount(size_bytes=40_000_000_000), "yard": quarter},
    )
    assert spools["pi2"] == Policy(
        quota=Amount(part=0.8),
        reserve_bytes=8_000_000,
        when_full=WhenFull.STOP,
        shares={"hall": quarter},
    )


def test_without_a_word_of_it_a_spool_takes_the_disk_and_lowers_first() -> None:
    (policy,) = config.load({"cameras": {"gate": {"source": "scene:"}}}).spools.values()
    assert policy == Policy(shares={"gate": None})
    assert (policy.quota, policy.when_full) == (None, WhenFull.LOWER)


@pytest.mark.parametrize(
    ("document", "told"),
    [
        ({"spool": {"qouta": "1GB"}}, "quota"),
        ({"spol": {}}, "spool"),
        ({"spool": 5}, "spool must be a mapping"),
        ({"spool": {"when_full": "newest"}}, r"spool\.when_full.*'oldest'"),
        ({"spool": {"quota": "120%"}}, r"spool\.quota.*more than there is"),
        ({"spool": {"quota": "lots"}}, r"spool\.quota.*200GB"),
        ({"spool": {"reserve": "100"}}, r"spool\.reserve"),
        ({"spool": {"reserve": "0.5MB"}}, r"spool\.reserve.*1MB"),
        ({"nodes": {"pi1": {"spool": {"when_ful": "stop"}}}}, "when_full"),
        ({"record": {"share": 0.5}}, r"record\.share"),
        ({"record": {"shares": "5%"}}, "share"),
    ],
)
def test_what_cannot_be_meant_is_refused_and_says_where(
    document: dict[str, Any], told: str
) -> None:
    with pytest.raises(BadSettings) as refused:
        config.load(document)
    refused.match(told)


def test_an_edited_policy_is_in_force_without_a_restart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "livecam.yaml"
    path.write_text("cameras: {gate: {source: 'scene:'}}")
    monkeypatch.setenv("LIVECAM_CONFIG", str(path))
    clock = FakeClock()
    spool = Spool(tmp_path / "spool", "local", clock)
    live = Live(config.load(), "local", spool, clock)
    assert spool.policy == Policy(shares={"gate": None})
    before = live.tasks
    path.write_text("spool: {when_full: stop}\ncameras: {gate: {source: 'scene:'}}")
    live.ask()
    assert live.changes() == before
    assert spool.policy.when_full is WhenFull.STOP
    path.write_text("nodes: {pi1: {}}\ncameras: {gate: {node: pi1, source: 'scene:'}}")
    live.ask()
    assert live.changes() == []
    assert spool.policy.when_full is WhenFull.STOP
