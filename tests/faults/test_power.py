"""The short form of `make torture ARGS=power`, and that its seam sees everything."""

from __future__ import annotations

import random
from pathlib import Path

from edge.durable import move_new, write_file
from infra.faults import cuts, power
from infra.faults.disk_log import Log, logged
from infra.faults.verdict import scratch


def test_no_power_cut_costs_more_than_the_sync_interval_or_seals_what_is_wrong() -> None:
    with scratch() as folder:
        verdict = power.run(folder, seed=20261101, seconds=4, states=2, say=lambda _: None)
    assert verdict.broken == []
    assert verdict.figures["states"] > 100
    assert verdict.figures["cut_again"] > 20


def test_a_small_file_is_replaced_whole_whenever_the_power_goes(tmp_path: Path) -> None:
    path = tmp_path / "account.json"
    path.write_bytes(b"old")
    with logged(tmp_path) as log:
        write_file(path, b"new")
    found = {_content(state, "account.json") for state in _states(log)}
    assert found == {b"old", b"new"}


def test_a_file_that_moves_never_loses_its_last_name(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    (tmp_path / "a" / "file").write_bytes(b"bytes")
    with logged(tmp_path) as log:
        move_new(tmp_path / "a" / "file", tmp_path / "b" / "file")
    for state in _states(log):
        assert b"bytes" in {_content(state, "a/file"), _content(state, "b/file")}


def test_what_was_not_synced_may_be_there_in_part(tmp_path: Path) -> None:
    with logged(tmp_path) as log:
        (tmp_path / "x").touch()
        write_file(tmp_path / "y", bytes(10_000))
    found = [_content(state, "y.tmp") for state in _states(log)]
    assert None in found
    assert b"" in found
    assert any("x" in state.names for state in _states(log))
    assert any("x" not in state.names for state in _states(log))


def _states(log: Log) -> list[cuts.State]:
    chance = random.Random(1)
    return [state for now in cuts.moments(log) for state in cuts.states(now, chance, 40)]


def _content(state: cuts.State, name: str) -> bytes | None:
    return state.contents[state.names[name]] if name in state.names else None
