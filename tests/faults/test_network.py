"""The short form of `make torture ARGS=network`."""

from __future__ import annotations

from pathlib import Path

from infra.faults import network


def test_an_outage_of_the_store_ends_in_the_same_state_as_none(tmp_path: Path) -> None:
    verdict = network.run(tmp_path, seed=20261101, minutes=4, mbit=0.2, say=lambda _: None)
    assert verdict.broken == []
    assert verdict.figures["segments"] == 48
    assert verdict.figures["attempts_failed"] > 0
