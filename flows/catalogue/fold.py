"""The fold: journal batches into tables, safe to repeat and to run beside itself.

Every merge is on a row's id and changes nothing the second time; a batch is named in `folds`
only after all its rows stand, so a crash anywhere is finished by the next fold. The tables
come out the same in whatever order the batches are folded. A batch that cannot be folded is set
aside where it lies, with the reason, and the others are folded all the same.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import polars as pl

from edge.clock import to_day, to_utc
from edge.errors import CommitConflict, Damaged
from flows.catalogue import delta, facts, findings, journal, merges, rows, stretch
from flows.catalogue.journal import Batch, Fact, Kind
from flows.catalogue.schema import (
    ANALYSES,
    DETECTIONS,
    EXPIRIES,
    FOLDS,
    GAPS,
    HOLDS,
    MOTION,
    SEGMENTS,
    SET_ASIDE,
    Table,
)
from flows.locks import locked
from flows.site import Site

# Reports and intents stay in the journal: audit and retention read them there.
FOLDED = (*(Kind.SEGMENTS, Kind.GAPS, Kind.RESULTS, Kind.FAILURES, Kind.HOLDS, Kind.EXPIRIES),)
MOST_FACTS = 5_000
ATTEMPTS = 8
DAY_MS = 86_400_000

STAGE = "fold"
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Folded:
    """What one fold did."""

    batches: int = 0
    facts: int = 0

    def __add__(self, other: Folded) -> Folded:
        return Folded(self.batches + other.batches, self.facts + other.facts)


def fold(site: Site, *, everything: bool = False) -> Folded:
    """Fold what is journalled and in no table yet: of the last days, or of all days.

    Raises CommitConflict when other writers came first ATTEMPTS times in a row.
    """
    with locked(site.home.locks / "fold.lock"):
        return fold_all(site, pending(site, everything=everything))


def fold_all(site: Site, keys: Sequence[str]) -> Folded:
    """Fold these batches and set aside the damaged; the caller holds the lock."""
    told: list[Fact] = []
    now = site.clock.utc_ms()
    done = fold_keys(site, keys, lambda key, error: told.append(_failure(key, error, now)))
    # Of a failures batch that cannot be folded this tells in one that can.
    failures = journal.write(site.store, Kind.FAILURES, told, now)
    return fold_keys(site, [failures]) + done if failures else done


def _failure(key: str, error: Damaged, now_ms: int) -> Fact:
    return {
        "stage": STAGE,
        "subject": key,
        "camera": "",
        "key": key,
        "reason": f"{error.message}; it stays in the journal",
        "attempts": 1,
        "at_ms": now_ms,
        "state": "set_aside",
        "day": journal.day_of(key),
    }


def damaged(site: Site, days: Iterable[str] | None = None) -> set[str]:
    """The batches of some days, or of all, that are set aside: what they tell is in no table."""
    table = delta.find(site.store, SET_ASIDE)
    if table is None:
        return set()
    rows = delta.rows_of(site.store, table, days).filter(
        pl.col("stage") == STAGE, pl.col("state") == "set_aside"
    )
    return set(rows.select("key").collect()["key"].to_list())


def pending(site: Site, *, everything: bool = False) -> list[str]:
    """Batches that the tables do not hold and that are not set aside, oldest first."""
    since = "" if everything else _since(site)
    written = [
        key
        for kind in FOLDED
        for day in journal.days(site.store, kind)
        if day >= since
        for key in journal.keys(site.store, kind, day)
    ]
    days = {journal.day_of(key) for key in written}
    done = folded(site, days) | damaged(site, days)
    return sorted((k for k in written if k not in done), key=lambda k: k.split("/")[2:])


def _since(site: Site) -> str:
    """The first day to look at: yesterday, or the last day of which anything was folded."""
    recent = to_day(site.clock.utc_ms() - DAY_MS)
    table = delta.find(site.store, FOLDS)
    days = [] if table is None else [part["day"] for part in table.partitions()]
    return min(recent, max(days, default=""))


def folded(site: Site, days: Iterable[str]) -> set[str]:
    """The batches of some days that the tables hold."""
    table = delta.find(site.store, FOLDS)
    if table is None:
        return set()
    rows = delta.rows_of(site.store, table, days).select("id").collect()
    return set(rows["id"].to_list())


def fold_keys(site: Site, keys: Sequence[str], spoiled: journal.Spoiled = journal.refuse) -> Folded:
    """Fold these batches, a bounded number of facts at a time; the caller holds the lock.

    `spoiled` is told of those that cannot be folded.
    """
    done = Folded()
    for batches in _portions(journal.read_all(site.store, keys, spoiled)):
        done += _sound(site, batches, spoiled)
    return done


def _sound(site: Site, batches: list[Batch], spoiled: journal.Spoiled) -> Folded:
    """Fold batches together, without those that by themselves make no rows."""
    try:
        _fold(site, batches)
    except rows.NONE:
        reasons = {batch.key: rows.why_none(batch) for batch in batches}
        if not any(reasons.values()):
            raise  # something else is wrong
        for key, reason in reasons.items():
            if reason:
                spoiled(key, Damaged(f"a journal batch makes no rows: {reason}", key=key))
        return _sound(site, [batch for batch in batches if not reasons[batch.key]], spoiled)
    return Folded(len(batches), sum(len(batch.facts) for batch in batches))


def _portions(batches: Iterable[Batch]) -> Iterator[list[Batch]]:
    portion: list[Batch] = []
    for batch in batches:
        portion.append(batch)
        if sum(len(b.facts) for b in portion) >= MOST_FACTS:
            yield portion
            portion = []
    if portion:
        yield portion


def _fold(site: Site, batches: list[Batch]) -> None:
    told = {kind: [f for b in batches if b.kind == kind for f in b.facts] for kind in Kind}
    _simple(site, told)
    _states(site, told)
    _results(site, told[Kind.RESULTS])
    touched = stretch.touched(told[Kind.SEGMENTS], told[Kind.RESULTS])
    if touched:
        patiently(site, lambda: stretch.tell(site, touched))
    name_folded(site, batches)


def name_folded(site: Site, batches: Iterable[Batch]) -> None:
    """Say that the tables hold these batches."""
    now = to_utc(site.clock.utc_ms())
    named = [
        {
            "id": b.key,
            "kind": str(b.kind),
            "rows": len(b.facts),
            "folded_utc": now,
            "day": journal.day_of(b.key),
        }
        for b in batches
    ]
    _insert(site, FOLDS, named)


def _simple(site: Site, told: dict[Kind, list[Fact]]) -> None:
    _insert(site, GAPS, map(facts.gap_row, told[Kind.GAPS]))
    _insert(site, EXPIRIES, map(facts.expiry_row, told[Kind.EXPIRIES]))
    if told[Kind.HOLDS]:
        rows = merges.holds(delta.frame(HOLDS, map(facts.hold_row, told[Kind.HOLDS])))
        patiently(site, lambda: merges.merge_holds(site.store, rows))
    if told[Kind.FAILURES]:
        failed = delta.frame(SET_ASIDE, map(facts.failure_row, told[Kind.FAILURES]))
        patiently(site, lambda: merges.merge_set_aside(site.store, merges.latest(failed)))


def _states(site: Site, told: dict[Kind, list[Fact]]) -> None:
    """Segments come in, expire, are set aside and come back: in any order, by the tables."""
    arrived = delta.frame(SEGMENTS, map(facts.segment_row, told[Kind.SEGMENTS]))
    arrived = merges.first(arrived, "received_utc", "version_id")
    changed = {f["id"] for f in told[Kind.EXPIRIES]}
    changed |= {f["subject"] for f in told[Kind.FAILURES] if f["stage"] == "analyse"}
    if arrived.is_empty() and not changed:
        return
    patiently(site, lambda: merges.merge_segments(site.store, arrived, changed))


def _results(site: Site, told: list[Fact]) -> None:
    """Findings before the row that says they are there: a crash between repeats them."""
    by_id = {findings.id_of(f): f for f in sorted(told, key=_order, reverse=True)}
    if not by_id:
        return
    rows = delta.frame(ANALYSES, map(findings.analysis_row, by_id.values()))
    known = merges.known(site.store, ANALYSES, rows)
    fresh = [fact for one, fact in by_id.items() if one not in known]
    _insert(site, DETECTIONS, (r for f in fresh for r in findings.detection_rows(f)))
    _insert(site, MOTION, (r for f in fresh for r in findings.motion_rows(f)))
    _insert(site, ANALYSES, (findings.analysis_row(f) for f in fresh))


def _order(fact: Fact) -> tuple[int, str]:
    return fact["analysed_ms"], fact["flow_run_id"]


def _insert(site: Site, table: Table, rows: Iterable[facts.Row]) -> None:
    frame = delta.frame(table, rows).unique("id", keep="first", maintain_order=True)
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
