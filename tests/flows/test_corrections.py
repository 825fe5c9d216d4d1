"""Footage of a clock that was wrong: found at its right time, under the key it was stored as."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.clock import to_ms
from edge.clocks.boots import ClockFolder
from edge.clocks.correction import Correction
from edge.errors import BadName
from edge.segment import Cause, Gap, Segment
from flows.audit.account import e2, e3
from flows.audit.evidence import gather
from flows.audit.footage import c1, c6
from flows.audit.tables import c4
from flows.catalogue import delta, facts, journal, read
from flows.catalogue import fold as folding
from flows.catalogue.coverage import State
from flows.catalogue.fold import fold_keys
from flows.catalogue.journal import Kind
from flows.catalogue.schema import ANALYSES, DETECTIONS, MOTION, SEGMENTS, Table
from flows.site import Site
from flows.stages.account import account_of
from flows.stages.drain import drain
from flows.stages.ingest import ingest
from flows.stages.rebuild import rebuild
from flows.stages.upload import spool_of, upload
from flows.store import LIVECAM
from tests.flows import story
from tests.flows.archive import FakeClock
from tests.flows.orders import a_few, assert_a_race_is_nothing, assert_order_is_nothing
from tests.flows.snapshot import facts_of
from tests.flows.stage_site import SECONDS, START_MS, minio_in_full, seal

CAMERA, BOOT, DAY_MS = "hall", "boot-7", 86_400_000
LENGTH_MS = story.LENGTH_MS
# UTC of the boot's monotonic 0 as it was named, as a person set it, and as NTP said.
NAMED_MS, BY_HAND_MS, RIGHT_MS = 5_000, story.START_MS - 7_200_000, story.START_MS


def footage(number: int) -> Segment:
    told = {"start_ms": NAMED_MS + number * LENGTH_MS, "monotonic_ms": number * LENGTH_MS}
    more = {"boot_id": BOOT, "synchronised": False}
    return story.segment(CAMERA, number).model_copy(update={**told, **more})


def correction(number: int, zero_ms: int, until: int, **more: object) -> Correction:
    return Correction(
        camera=CAMERA,
        node="local",
        boot_id=BOOT,
        since_ms=0,
        until_ms=until * LENGTH_MS,
        zero_ms=zero_ms,
        number=number,
        at_ms=story.NOW_MS,
    ).model_copy(update=more)


def gap(start_ms: int, end_ms: int, cause: Cause, monotonic_ms: int) -> Gap:
    return Gap(
        camera=CAMERA,
        node="local",
        start_ms=start_ms,
        end_ms=end_ms,
        cause=cause,
        boot_id=BOOT,
        monotonic_ms=monotonic_ms,
    )


def told(site: Site) -> list[str]:
    """Nine segments from 1970 on, a gap, what was found in them, and two corrections."""
    every = [footage(n) for n in range(9)]
    end_ms = every[-1].end_ms
    batches: list[tuple[Kind, list[journal.Fact]]] = [
        (Kind.SEGMENTS, [stored(one) for one in every[:4]]),
        (Kind.RESULTS, [story.result(every[n], n) for n in range(3)]),
        (Kind.SEGMENTS, [stored(one) for one in every[3:]]),
        (Kind.CORRECTIONS, [facts.corrected(correction(1, BY_HAND_MS, 5))]),
        (Kind.GAPS, [facts.missed(gap(end_ms, end_ms + 700, Cause.NODE_DOWN, 90_700))]),
        (Kind.RESULTS, [story.result(every[n], n) for n in range(3, 9)]),
        (Kind.CORRECTIONS, [facts.corrected(correction(2, RIGHT_MS, 20, synchronised=True))]),
        (Kind.EXPIRIES, [story.expiry(every[0])]),
    ]
    now = story.NOW_MS
    return [
        journal.write(site.store, kind, list(batch), now + number)
        for number, (kind, batch) in enumerate(batches)
    ]


def stored(segment: Segment) -> journal.Fact:
    return facts.stored(segment, version_id="", received_ms=story.NOW_MS)


@pytest.fixture
def late(folder: Site) -> Site:
    """The folder's site, at the time of the story."""
    return replace(folder, clock=FakeClock(story.NOW_MS))


def test_rows_tell_corrected_times_under_the_names_they_had(late: Site) -> None:
    told(late)
    folding.fold(late)
    rows = read.segments(late, CAMERA, RIGHT_MS, RIGHT_MS + 90_000, all=True)
    assert rows["id"].to_list() == [footage(n).id for n in range(9)]
    assert rows["key"].to_list() == [footage(n).key for n in range(9)]
    assert [to_ms(at) - RIGHT_MS for at in rows["start_utc"]] == [n * 10_000 for n in range(9)]
    assert set(rows["synchronised"]) == {True}
    assert read.segments(late, CAMERA, 0, DAY_MS, all=True).is_empty()
    (missed,) = read.gaps(late, CAMERA).iter_rows(named=True)
    assert to_ms(missed["start_utc"]) == RIGHT_MS + 90_000


def test_what_was_found_moves_with_its_footage(late: Site) -> None:
    told(late)
    folding.fold(late)
    (event,) = read.events(late, CAMERA).iter_rows(named=True)
    assert RIGHT_MS + 11_000 <= to_ms(event["start_utc"]) <= RIGHT_MS + 13_000
    assert to_ms(event["end_utc"]) >= RIGHT_MS + 54_000
    for table in (ANALYSES, DETECTIONS, MOTION):
        assert not read.rows(late, table, start_ms=RIGHT_MS).is_empty()
        assert read.rows(late, table, end_ms=RIGHT_MS).is_empty()


def test_a_segment_is_found_by_its_id_whenever_it_was_recorded(late: Site) -> None:
    told(late)
    folding.fold(late)
    one = footage(4).id
    assert read.of_segment(late, SEGMENTS, one)["key"].to_list() == [footage(4).key]
    assert read.of_segment(late, ANALYSES, one)["segment_id"].to_list() == [one]
    assert read.of_segment(late, SEGMENTS, one.replace("hall", "yard")).is_empty()
    with pytest.raises(BadName):
        read.of_segment(late, SEGMENTS, "nothing")


@pytest.mark.full
@a_few
@given(order=st.randoms(use_true_random=False), size=st.integers(1, 4))
def test_corrections_in_any_order_give_the_same_tables(
    tmp_path_factory: pytest.TempPathFactory, order: random.Random, size: int
) -> None:
    assert_order_is_nothing(tmp_path_factory.mktemp("order"), told, order, size)


def test_folds_that_race_come_to_corrected_tables(folder: Site, tmp_path: Path) -> None:
    assert_a_race_is_nothing(folder, tmp_path, told, machines=2)


def test_a_rebuild_and_the_audit_know_of_corrections(late: Site) -> None:
    told(late)
    folding.fold(late)
    before = facts_of(late)
    assert c4(gather(late)).keys == ()
    assert c1(gather(late)).keys == ()
    rebuild(late)
    assert facts_of(late) == before


def narrow(site: Site, table: Table, *later: str) -> None:
    """Leave the table as a version made it that did not know these columns."""
    rows = read.rows(site, table)
    site.store.delete(LIVECAM, [(i.key, "") for i in site.store.list(LIVECAM, f"{table.path}/")])
    older = Table(table.name, pl.Schema({n: t for n, t in table.schema.items() if n not in later}))
    first = "start_utc" if "start_utc" in rows.columns else "at_utc"
    rows = rows.drop(later).with_columns(day=pl.col(first).dt.strftime("%Y-%m-%d"))
    delta.insert(delta.open_table(site.store, older), older, rows.select(older.schema.names()))


def test_tables_of_an_older_version_are_corrected_as_far_as_they_tell(late: Site) -> None:
    identity = ("boot_id", "monotonic_ms")
    keys = told(late)
    fold_keys(late, keys[:3])
    narrow(late, SEGMENTS, *identity, "synchronised")
    narrow(late, DETECTIONS, "at_ms")
    narrow(late, MOTION, "start_ms")
    assert c4(gather(late)).keys == ()
    fold_keys(late, keys[3:])
    rows = read.segments(late, CAMERA, all=True)
    assert rows.height == 9
    assert rows["boot_id"].is_null().all()
    assert rebuild(late).rows["segments"] == 9
    assert to_ms(read.segments(late, CAMERA, all=True)["start_utc"][0]) == RIGHT_MS


def sealed(site: Site) -> Iterator[Segment]:
    """Two segments in the spool that a clock named which was five days behind."""
    for number in range(2):
        at_ms = number * SECONDS * 1_000
        start_ms = START_MS - 5 * DAY_MS + at_ms
        yield seal(
            site, CAMERA, start_ms, monotonic_ms=at_ms, synchronised=False, shade=60 + number
        )


@minio_in_full
def test_a_node_tells_its_corrections_and_the_account_holds_on_the_way(site: Site) -> None:
    first, second = sealed(site)
    spool = spool_of(site)
    end = first.end_ms + second.wall_ms
    more = {"boot_id": first.boot_id, "until_ms": end - first.start_ms}
    ClockFolder(spool.root).tell(correction(1, START_MS, 0, **more))
    later = START_MS + end - first.start_ms
    after = gap(later, later + 900, Cause.CAMERA_FROZEN, later + 900 - START_MS)
    spool.gap(after.model_copy(update={"boot_id": first.boot_id}), later + 900 - START_MS)
    assert e2(gather(site)).keys == e3(gather(site)).keys == ()
    upload(site, spool)
    assert ClockFolder(spool.root).corrections() == []
    assert e2(gather(site)).keys == e3(gather(site)).keys == ()
    assert ingest(site).set_aside == []
    evidence = gather(site)
    assert [law(evidence).keys for law in (e2, e3, c1, c6, c4)] == [()] * 5
    rows = read.segments(site, CAMERA)
    assert [to_ms(at) for at in rows["start_utc"]] == [START_MS, START_MS + first.wall_ms]
    found = account_of(site, CAMERA, START_MS, later + 900)
    assert [(one.state, one.end_ms - one.start_ms) for one in found] == [
        (State.RECORDED, 2 * first.wall_ms),
        (State.GAP, 900),
    ]
    drain(site)
    assert to_ms(read.analyses(site, CAMERA)["start_utc"][0]) == START_MS


@pytest.mark.parametrize(
    "more",
    [
        {"camera": "yard", "node": "pi9"},
        {"zero_ms": -(2**52)},
        {"zero_ms": 2**52},
        {"since_ms": 5, "until_ms": 1},
    ],
)
def test_a_forged_correction_is_set_aside(folder: Site, more: dict[str, object]) -> None:
    spool = spool_of(folder)
    ClockFolder(spool.root).tell(correction(1, START_MS, 9).model_copy(update=more))
    upload(folder, spool)
    assert len(ingest(folder).set_aside) == 1
    assert read.rows(folder, SEGMENTS).is_empty()
