"""The short form of `make torture ARGS=clock`."""

from __future__ import annotations

from infra.faults import clock
from infra.faults.verdict import scratch


def test_whatever_the_clock_does_nothing_is_lost_or_recorded_twice() -> None:
    with scratch() as folder:
        verdict = clock.run(folder, seed=20261101, histories=40, say=lambda _: None)
    assert verdict.broken == []
    assert verdict.figures["lives"] > 60
    assert verdict.figures["corrections"] > 10
