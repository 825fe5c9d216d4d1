"""E4: what kill -9 costs, on the real command; the long run is `python -m tests.edge.kill`."""

from __future__ import annotations

from pathlib import Path

from tests.edge.kill import torture


def test_a_killed_recorder_loses_at_most_two_seconds_and_no_sealed_byte(tmp_path: Path) -> None:
    outcome = torture(tmp_path / "node", times=3, seed=20261101)
    assert outcome.kills == 3
    assert outcome.recovered > 0
    assert outcome.broken == 0
