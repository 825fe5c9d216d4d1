"""Which model looks at new footage: the site's own, what is promoted, what works in the shadow."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from flows.catalogue import read
from flows.catalogue.preferred import Model
from flows.site import Site
from flows.stages.analyse import analyse
from flows.stages.ingest import ingest
from flows.stages.promotions import demote, promote
from flows.stages.replay import replay
from flows.stages.upload import spool_of, upload
from tests.flows.detectors import Finder, Given
from tests.flows.stage_site import SECONDS, START_MS, folder_site, seal, seal_some
from tests.flows.test_analyse import OnePerson

OWN, OTHER = Finder("fastestdet", "d"), Finder("other", "e", score=0.8)


def store(site: Site) -> None:
    upload(site, spool_of(site))
    ingest(site)


def looked(site: Site) -> dict[str, int]:
    rows = read.analyses(site).group_by("analyser").agg(pl.len())
    return dict(rows.iter_rows())


def test_a_promoted_model_looks_at_new_footage_only(folder: Site) -> None:
    seal_some(folder, count=2)
    store(folder)
    given = Given(folder, OWN, OTHER)
    analyse(folder, "run-1", detectors=given)
    promote(folder, Model(OTHER.name, OTHER.digest))
    assert analyse(folder, "run-2", detectors=given).segments == 0
    seal(folder, "hall", START_MS + 10 * SECONDS * 1_000)
    store(folder)
    assert analyse(folder, "run-3", detectors=given).segments == 1
    assert looked(folder) == {"fastestdet": 2, "other": 1}
    demote(folder, Model(OTHER.name, OTHER.digest))
    analyse(folder, "run-4", detectors=given)
    assert looked(folder) == {"fastestdet": 3, "other": 1}


def test_demoting_the_site_s_own_model_starts_no_work_on_the_archive(folder: Site) -> None:
    seal_some(folder, count=2)
    store(folder)
    hog = Finder("hog", "c")
    given = Given(folder, OWN, hog)
    analyse(folder, "run-1", detectors=given)
    demote(folder, Model(OWN.name, OWN.digest))
    assert analyse(folder, "run-2", detectors=given).segments == 0
    seal(folder, "hall", START_MS + 10 * SECONDS * 1_000)
    store(folder)
    analyse(folder, "run-3", detectors=given)
    assert looked(folder) == {"fastestdet": 2, "hog": 1}
    assert set(read.detections(folder)["analyser"]) == {"hog"}


def test_a_promoted_model_that_is_gone_is_told_of_and_the_next_looks(folder: Site) -> None:
    seal_some(folder, count=2)
    store(folder)
    promote(folder, Model("gone", "f" * 64))
    promote(folder, Model("other", "a" * 64))
    done = analyse(folder, "run", detectors=Given(folder, OWN, OTHER))
    assert done.segments == 2
    assert looked(folder) == {"fastestdet": 2}
    assert ["not the one that was named" in one for one in done.missing] == [True, False]


@pytest.fixture
def shadowed(tmp_path: Path) -> Site:
    return folder_site(tmp_path / "home", {"detect": {"shadow": ["other", "gone"]}})


def test_a_shadow_looks_at_what_is_new_and_shows_nothing(shadowed: Site) -> None:
    now = shadowed.clock.utc_ms() // 1_000 * 1_000
    seal(shadowed, "hall", now - 600_000)
    seal(shadowed, "hall", now - 2 * 86_400_000, shade=70)
    store(shadowed)
    done = analyse(shadowed, "run", detectors=Given(shadowed, OWN, OTHER))
    assert (done.segments, len(done.missing)) == (3, 1)
    assert looked(shadowed) == {"fastestdet": 2, "other": 1}
    assert set(read.detections(shadowed)["analyser"]) == {"fastestdet"}


def test_footage_that_a_shadow_chokes_on_stays_where_it_is(shadowed: Site) -> None:
    now = shadowed.clock.utc_ms() // 1_000 * 1_000
    sealed = seal(shadowed, "hall", now - 600_000, shade=80)
    store(shadowed)
    choking = OnePerson(chokes_on=80)
    choking.name, choking.digest = "other", "e" * 64
    given = Given(shadowed, OWN, choking)
    runs = [analyse(shadowed, f"run-{n}", detectors=given) for n in range(4)]
    assert [len(run.set_aside) for run in runs] == [0, 0, 1, 0]
    assert read.segments(shadowed)["id"].to_list() == [sealed.id]
    (row,) = read.set_aside(shadowed).iter_rows(named=True)
    assert row["id"] == f"backfill/{sealed.id}/{'e' * 16}"
    choking.chokes_on = None
    replay(shadowed, None)
    assert analyse(shadowed, "again", detectors=given).segments == 1
    assert read.set_aside(shadowed, state="resolved").height == 1
