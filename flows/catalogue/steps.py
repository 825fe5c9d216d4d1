"""What a fold does to each table; every step is safe to repeat."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

import polars as pl

from edge.errors import CommitConflict
from edge.segment import SUFFIX, SegmentName
from flows.catalogue import corrections, delta, facts, findings, merges, placing
from flows.catalogue.journal import Fact, Kind
from flows.catalogue.schema import (
    ANALYSES,
    DETECTIONS,
    EXPIRIES,
    GAPS,
    HOLDS,
    MOTION,
    PROMOTIONS,
    SEGMENTS,
    SET_ASIDE,
    Table,
)
from flows.site import Site

ATTEMPTS = 8
_BOOTS = ("boot_id", "from_boot_id")

Told = Mapping[Kind, list[Fact]]
T = TypeVar("T")


def timelines(site: Site, told: Told) -> placing.Timelines:
    """What is corrected of the cameras that these facts bring footage or gaps of."""
    cameras = {fact["segment"]["camera"] for fact in told[Kind.SEGMENTS]}
    return placing.timelines(site.store, cameras | {fact["camera"] for fact in told[Kind.GAPS]})


def boots(told: Told) -> list[Fact]:
    """The boots that footage and gaps are of."""
    every = [*(fact["segment"] for fact in told[Kind.SEGMENTS]), *told[Kind.GAPS]]
    found = {(one["camera"], one[boot]) for one in every for boot in _BOOTS if one.get(boot)}
    return [{"camera": camera, "boot_id": boot} for camera, boot in sorted(found)]


def gaps(site: Site, told: list[Fact], known: placing.Timelines) -> None:
    rows = delta.frame(GAPS, map(facts.gap_row, told))
    insert(site, GAPS, placing.gaps(rows, known))


def correct(
    site: Site, told: list[Fact], came: corrections.Starts
) -> Mapping[str, list[tuple[int, int]]]:
    """Carry corrections out; what was found in footage lies where that does, in any order."""
    if came:
        patiently(site, lambda: corrections.follow(site.store, came))
    return patiently(site, lambda: corrections.carry_out(site.store, told)) if told else {}


def simple(site: Site, told: Told) -> None:
    insert(site, EXPIRIES, map(facts.expiry_row, told[Kind.EXPIRIES]))
    insert(site, PROMOTIONS, map(facts.promotion_row, told[Kind.PROMOTIONS]))
    if told[Kind.HOLDS]:
        rows = merges.holds(delta.frame(HOLDS, map(facts.hold_row, told[Kind.HOLDS])))
        patiently(site, lambda: merges.merge_holds(site.store, rows))
    if told[Kind.FAILURES]:
        failed = delta.frame(SET_ASIDE, map(facts.failure_row, told[Kind.FAILURES]))
        patiently(site, lambda: merges.merge_set_aside(site.store, merges.latest(failed)))


def states(site: Site, told: Told, known: placing.Timelines) -> corrections.Starts:
    """Segments come in, expire, are set aside and come back: in any order, by the tables.

    Answers when those that came start that were corrected before.
    """
    arrived = delta.frame(SEGMENTS, map(facts.segment_row, told[Kind.SEGMENTS]))
    arrived = placing.segments(arrived, known)
    arrived = merges.first(arrived, "received_utc", "version_id")
    changed = {f["id"] for f in told[Kind.EXPIRIES]}
    changed |= {f["subject"] for f in told[Kind.FAILURES] if f["stage"] == "analyse"}
    if arrived.is_empty() and not changed:
        return {}
    patiently(site, lambda: merges.merge_segments(site.store, arrived, changed))
    starts = corrections.starts_in(arrived)
    return {one: ms for one, ms in starts.items() if ms != placing.named_ms(one)}


def results(site: Site, told: list[Fact]) -> corrections.Starts:
    """Findings before the row that says they are there: a crash between repeats them.

    Answers when the segments start that were corrected before.
    """
    by_id = {findings.id_of(f): f for f in sorted(told, key=_order, reverse=True)}
    if not by_id:
        return {}
    rows = delta.frame(ANALYSES, map(findings.analysis_row, by_id.values()))
    known = merges.known(site.store, ANALYSES, rows)
    fresh = [fact for one, fact in by_id.items() if one not in known]
    starts = _starts(site, told)
    for table, found in (
        (DETECTIONS, (r for f in fresh for r in findings.detection_rows(f))),
        (MOTION, (r for f in fresh for r in findings.motion_rows(f))),
        (ANALYSES, (findings.analysis_row(f) for f in fresh)),
    ):
        insert(site, table, corrections.shifted(table, delta.frame(table, found), starts))
    # Once more: footage may have been moved since, by a fold that did not see these.
    return _starts(site, told)


def _starts(site: Site, told: list[Fact]) -> corrections.Starts:
    """When the segments of these results start that were corrected."""
    cameras = {
        fact["segment_id"]: SegmentName.from_file(fact["segment_id"] + SUFFIX).camera
        for fact in told
    }
    known = placing.timelines(site.store, set(cameras.values()))
    own = [one for one, camera in cameras.items() if camera in known]
    return corrections.moved_starts(site.store, own)


def _order(fact: Fact) -> tuple[int, str]:
    return fact["analysed_ms"], fact["flow_run_id"]


def insert(site: Site, table: Table, rows: Iterable[facts.Row] | pl.DataFrame) -> None:
    frame = rows if isinstance(rows, pl.DataFrame) else delta.frame(table, rows)
    frame = frame.unique("id", keep="first", maintain_order=True)
    # As files hold them: a camera's together, by time.
    frame = frame.sort([c for c in ("camera", "start_utc", "at_utc", "id") if c in frame.columns])
    if not frame.is_empty():
        patiently(site, lambda: delta.insert(delta.open_table(site.store, table), table, frame))


def patiently(site: Site, commit: Callable[[], T]) -> T:
    """Commit, again from a fresh table when another writer came first."""
    for attempt in range(ATTEMPTS - 1):
        try:
            return commit()
        except CommitConflict:
            site.clock.sleep(random.uniform(0.01, 0.05) * 2**attempt)
    return commit()
