"""The fold: journal batches into tables, safe to repeat and to run beside itself.

Every merge is on a row's id and changes nothing the second time; a batch is named in `folds`
only after all its rows stand, so a crash anywhere is finished by the next fold. The tables
come out the same in whatever order the batches are folded. A batch that cannot be folded is set
aside where it lies, with the reason, and the others are folded all the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from edge.clock import to_day, to_utc
from edge.errors import Damaged
from flows.catalogue import delta, facts, journal, rows, steps, stretch
from flows.catalogue.journal import Batch, Fact, Kind
from flows.catalogue.schema import (
    CORRECTIONS,
    FOLDS,
    SET_ASIDE,
)
from flows.locks import locked
from flows.site import Site

# Reports and intents stay in the journal: audit and retention read them there.
FOLDED = (
    *(Kind.SEGMENTS, Kind.GAPS, Kind.CORRECTIONS, Kind.RESULTS),
    *(Kind.FAILURES, Kind.HOLDS, Kind.EXPIRIES, Kind.PROMOTIONS),
)
MOST_FACTS = 5_000
DAY_MS = 86_400_000

STAGE = "fold"


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
    site = site.whole  # whoever caused it: events of other cameras are told from all there is
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
    steps.insert(site, CORRECTIONS, map(facts.correction_row, told[Kind.CORRECTIONS]))
    version = delta.version(site.store, CORRECTIONS)
    known = steps.timelines(site, told)
    steps.simple(site, told)
    steps.gaps(site, told[Kind.GAPS], known)
    came = steps.states(site, told, known)
    moved = steps.results(site, told[Kind.RESULTS])
    touched = stretch.touched(told[Kind.SEGMENTS], told[Kind.RESULTS], {**came, **moved})
    news = told[Kind.CORRECTIONS]
    if version != delta.version(site.store, CORRECTIONS):
        # Another fold told of clocks meanwhile, and may not have seen what came here.
        news = [*news, *steps.boots(told)]
    for camera, spans in steps.correct(site, news, {**came, **moved}).items():
        touched.setdefault(camera, []).extend(spans)
    if touched:
        steps.patiently(site, lambda: stretch.tell(site, touched))
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
    steps.insert(site, FOLDS, named)
