"""The short form of `make torture ARGS=truncate`."""

from __future__ import annotations

from infra.faults import truncate
from infra.faults.verdict import Verdict, scratch


def test_a_file_damaged_anywhere_is_never_accepted_wrong() -> None:
    with scratch() as folder:
        verdict = truncate.run(folder, seed=20261101, offsets=25, say=lambda _: None)
    assert verdict.broken == []
    assert verdict.figures["recovered"] > 100
    assert verdict.figures["quarantined"] > 10


def test_a_law_that_breaks_is_told() -> None:
    verdict = Verdict("truncate", 7)
    verdict.hold(True, "nothing")
    verdict.hold(False, "cut at 9: accepted")
    told = verdict.as_json()
    assert (told["broken"], told["breaches"], told["seed"]) == (1, ["cut at 9: accepted"], 7)
