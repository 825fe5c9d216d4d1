"""The short form of `make torture ARGS=disk`."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.quota import WhenFull
from infra.faults import disk


@pytest.mark.parametrize(
    "when_full", [pytest.param(WhenFull.OLDEST, marks=pytest.mark.full), WhenFull.STOP]
)
def test_a_full_disk_is_met_as_the_policy_says_and_every_second_is_a_gap(
    when_full: WhenFull, tmp_path: Path
) -> None:
    verdict = disk.run(
        tmp_path, seed=1, seconds=2, mount=False, say=lambda _: None, policies=[when_full]
    )
    assert verdict.broken == []
    assert verdict.figures["disk"] == "injected"
    dropped = verdict.figures[f"{when_full}_segments_dropped"]
    assert (dropped == 0) == (when_full is WhenFull.STOP)
