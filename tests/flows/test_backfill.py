"""Backfill: killed and gone on with, by several at once, each segment once a model."""

from __future__ import annotations

import shutil
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from edge.home import Home
from flows.audit.evidence import gather
from flows.audit.tables import c4, c5
from flows.catalogue import journal, read
from flows.catalogue.journal import Kind
from flows.catalogue.preferred import Model
from flows.site import Site
from flows.stages import leases
from flows.stages.analyse import analyse
from flows.stages.backfill import Backfilled, Stretch, backfill, part_name, plan
from flows.stages.ingest import ingest
from flows.stages.leases import TTL_MS, taken
from flows.stages.promotions import demote, promote
from flows.stages.rebuild import rebuild
from flows.stages.upload import spool_of, upload
from flows.store import LIVECAM
from flows.vision.detector import Detection
from tests.flows.archive import FakeClock
from tests.flows.detectors import Finder, Given
from tests.flows.dying import killed
from tests.flows.snapshot import facts_of
from tests.flows.stage_site import SECONDS, START_MS, folder_site, seal
from tests.flows.test_analyse import OnePerson

OWN, OTHER = Finder("fastestdet", "d"), Finder("other", "e", score=0.8)
OTHERS = Model(OTHER.name, OTHER.digest)
HOUR_MS = 3_600_000
HOURS = (0, 5, 25)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two cameras' footage of two days, which the site's own model has looked at."""
    site = folder_site(tmp_path_factory.mktemp("archive"))
    for camera in ("hall", "yard"):
        for hour in HOURS:
            for number in range(2):
                seal(site, camera, START_MS + hour * HOUR_MS + number * SECONDS * 1_000)
    upload(site, spool_of(site))
    ingest(site)
    analyse(site, "own", detectors=Given(site, OWN))
    return site.home.root


@pytest.fixture
def archive(made: Path, tmp_path: Path) -> Site:
    """The same, for this test alone."""
    shutil.copytree(made, tmp_path / "home")
    return folder_site(tmp_path / "home")


def told(site: Site) -> Counter[str]:
    """How often the journal tells of each segment what the other model found."""
    facts = journal.facts(site.store, Kind.RESULTS)
    return Counter(fact["segment_id"] for fact in facts if fact["analyser"] == OTHER.name)


def once(site: Site) -> bool:
    segments = set(read.segments(site)["id"])
    rows = read.analyses(site).filter(analyser=OTHER.name)["segment_id"].to_list()
    return sorted(rows) == sorted(segments) and told(site) == Counter(segments)


def same(events: pl.DataFrame, others: pl.DataFrame) -> bool:
    """Whether they are the same, whoever else has looked there."""
    return events.drop("other_models").equals(others.drop("other_models"))


def test_it_looks_at_everything_once_and_changes_nothing_that_is_shown(archive: Site) -> None:
    shown = read.events(archive)
    done = backfill(archive, "run", OTHER, Stretch())
    assert (done.waiting, done.segments, done.failed) == (12, 12, 0)
    assert once(archive)
    assert set(read.analyses(archive).filter(analyser="other")["flow_run_id"]) == {"run"}
    assert backfill(archive, "again", OTHER, Stretch()).segments == 0
    assert same(read.events(archive), shown)
    assert not list(archive.store.list(LIVECAM, leases.LEASES))
    assert c5(gather(archive)).keys == ()


@pytest.mark.full
def test_killed_three_times_it_ends_as_if_it_never_was(archive: Site) -> None:
    for segments in (0, 1, 3):  # in the midst of the next: of a part, and of the one after
        assert killed(archive.home.root, segments)
    assert sum(part.segments for part in plan(archive, OTHER, Stretch())) == 10
    backfill(archive, "at last", OTHER, Stretch())
    assert once(archive)
    shown = read.events(archive)
    promote(archive, OTHERS)
    others = read.events(archive)
    held = facts_of(archive)
    assert shown["score"].max() == 0.9
    assert others["score"].max() == 0.8
    assert c4(gather(archive)).keys == ()
    rebuild(archive)
    assert facts_of(archive) == held
    assert read.events(archive).equals(others)
    demote(archive, OTHERS)
    assert read.events(archive).equals(shown)


def test_what_was_told_by_one_that_died_before_its_fold_is_not_looked_at_again(
    archive: Site, made: Path, tmp_path: Path
) -> None:
    shutil.copytree(made, tmp_path / "told")
    backfill(folder_site(tmp_path / "told"), "died", OTHER, Stretch())
    results = Path("store") / LIVECAM / "journal" / "results"
    shutil.copytree(tmp_path / "told" / results, archive.home.root / results, dirs_exist_ok=True)
    assert read.analyses(archive).filter(analyser=OTHER.name).is_empty()
    assert backfill(archive, "run", OTHER, Stretch()).segments == 0
    assert once(archive)


def test_a_stretch_of_some_cameras_is_taken_in_the_order_told(archive: Site) -> None:
    first, end = START_MS - HOUR_MS, START_MS + 6 * HOUR_MS
    some = Stretch(first, end, ("yard",), newest_first=False)
    parts = plan(archive, OTHER, some)
    assert [(part.camera, part.segments) for part in parts] == [("yard", 2), ("yard", 2)]
    assert [one.start_ms for one in parts] == sorted(one.start_ms for one in parts)
    assert plan(archive, OTHER, Stretch())[0].start_ms > end
    backfill(archive, "run", OTHER, some)
    looked = read.analyses(archive).filter(analyser="other")
    assert looked["start_utc"].dt.hour().unique().sort().to_list() == [10, 15]
    assert set(looked["camera"]) == {"yard"}


def test_two_machines_share_it_and_come_to_the_same_rows(archive: Site, tmp_path: Path) -> None:
    machines = [replace(archive, home=Home(tmp_path / f"machine{n}")) for n in range(2)]

    def work(site: Site) -> Backfilled:
        return backfill(site, "run", Finder("other", "e"), Stretch())

    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(work, machines))
    assert sum(one.segments for one in done) == 12
    assert once(archive)
    assert c4(gather(archive)).keys == ()


def test_what_another_machine_is_at_is_left_until_its_lease_runs_out(
    archive: Site, tmp_path: Path
) -> None:
    clock = FakeClock()
    here = replace(archive, clock=clock)
    there = replace(here, home=Home(tmp_path / "there"))
    parts = plan(here, OTHER, Stretch())
    with taken(there, part_name(OTHER, parts[0])) as lease:
        assert lease is not None
        done = backfill(here, "run", OTHER, Stretch(), stay=False)
        assert done.segments == 12 - parts[0].segments
        lease.end()  # as when its machine was switched off: nobody renews it
        clock.now_ms += TTL_MS + 1
        backfill(here, "run", OTHER, Stretch(), stay=False)
        assert once(archive)
        lease.lost.set()


def test_a_lease_is_one_holder_s_at_a_time(site: Site, tmp_path: Path) -> None:
    clock = FakeClock()
    here = replace(site, clock=clock)
    there = replace(here, home=Home(tmp_path / "there"))
    with taken(here, "part") as own, taken(here, "part") as again, taken(there, "part") as other:
        assert own is not None
        assert again is None
        assert other is None
        own.renew()
        assert leases.held(here, "part") == leases.held(there, "part") == ["part"]
        clock.now_ms += TTL_MS - 1
        with taken(there, "part") as late:
            assert late is None
    with taken(there, "part") as after:
        assert after is not None
    assert not list(site.store.list(LIVECAM, leases.LEASES))


def test_a_segment_that_chokes_the_model_is_set_aside_for_it_alone(archive: Site) -> None:
    choking = OnePerson()
    choking.name, choking.digest = "other", "e" * 64
    segment = read.segments(archive)["id"][0]
    path = archive.home.store / "footage" / str(read.segments(archive)["key"][0])
    path.chmod(0o644)
    whole = path.read_bytes()
    path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    done = backfill(archive, "run", choking, Stretch())
    assert (done.segments, done.failed, done.set_aside) == (11, 3, [segment])
    assert read.segments(archive).height == 12
    assert read.set_aside(archive)["id"].to_list() == [f"backfill/{segment}/{'e' * 16}"]


class Slow(Finder):
    """Takes a tenth of a second for a picture, by that clock."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__("other", "e")
        self._clock, self.took_ms = clock, 0

    def detect(self, picture: NDArray[np.uint8]) -> list[Detection]:
        self._clock.now_ms += 100
        self.took_ms += 100
        return super().detect(picture)


def test_the_rate_leaves_others_their_share(archive: Site) -> None:
    clock = FakeClock()
    began_ms, slow = clock.now_ms, Slow(clock)
    backfill(replace(archive, clock=clock), "run", slow, Stretch(rate=0.25), threads=1)
    assert slow.took_ms > 0
    assert clock.now_ms - began_ms == 4 * slow.took_ms
