"""What `make torture ARGS=backfill` judges by: a site that is whole, and one that is not.

Its full form starts a site of its own and takes minutes.
"""

from __future__ import annotations

from pathlib import Path

from edge.spool import Spool
from flows.catalogue import journal
from flows.catalogue.journal import Kind
from flows.stages import requests
from flows.stages.analyse import analyse
from flows.stages.backfill import Stretch, backfill
from flows.stages.ingest import ingest
from flows.stages.requests import Request
from flows.stages.upload import spool_of, upload
from infra.faults import archive
from infra.faults import backfill_judge as judge
from infra.faults.verdict import Verdict
from tests.flows.detectors import Finder, Given
from tests.flows.stage_site import START_MS, folder_site, seal_some

OWN, OTHER = Finder("fastestdet", "d"), Finder("other", "e")


def test_the_judge_tells_a_site_that_is_whole_from_one_that_is_not(tmp_path: Path) -> None:
    site = folder_site(tmp_path)
    ids = {one.id for one in seal_some(site, count=2)}
    upload(site, spool_of(site))
    ingest(site)
    analyse(site, "own", detectors=Given(site, OWN))
    models = judge.Models(site, OWN.name, OTHER.name)

    def judged(archive_ids: set[str]) -> str:
        verdict = Verdict("backfill", 0)
        judge.rows(models, archive_ids, set(), verdict)
        return "\n".join(verdict.broken)

    requests.ask(site, Request(OTHER.name, OTHER.digest, Stretch()))
    assert "other has not looked at" in judged(ids)
    assert "still asked for" in judged(ids)
    backfill(site, "run", OTHER, Stretch())
    requests.end(site, next(requests.asked(site)))
    assert judged(ids) == ""
    assert "one row" in judged({*ids, "lost"})
    told = [one for one in journal.facts(site.store, Kind.RESULTS) if one["analyser"] == "other"]
    journal.write(site.store, Kind.RESULTS, told[:1], START_MS)
    assert judged(ids) == "other looked again at 1 segments it had told of"


def test_a_drawn_minute_is_sealed_under_many_names(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool", "local", folder_site(tmp_path / "home").clock)
    made = archive.minute(tmp_path / "made", archive.Kind.STILL)
    for camera in ("gate", "yard"):
        made.seal(spool, camera, START_MS)
    assert [item.segment.camera for item in spool.sealed()] == ["gate", "yard"]
    assert {item.segment.wall_ms for item in spool.sealed()} == {archive.MINUTE_MS}
    assert not spool.check()["E1"].broken
