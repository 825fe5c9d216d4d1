"""Keeping tables and journal small: few large files a day, old ones gone, days rolled up."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl
from deltalake import DeltaTable

from edge.clock import to_day
from flows.catalogue import delta, journal
from flows.catalogue.fold import DAY_MS, FOLDED, folded, name_folded
from flows.catalogue.journal import Kind
from flows.catalogue.schema import TABLES, Table
from flows.catalogue.steps import patiently
from flows.locks import locked
from flows.site import Site
from flows.store import LIVECAM, ObjectInfo

# What readers and time travel may still need.
KEEP_HOURS = 7 * 24
# A rolled-up batch is read whole into memory.
ROLLUP_BYTES = 32 << 20
ROLLUP = "rollup"


@dataclass(slots=True)
class Compacted:
    """What one run did."""

    days: int = 0
    files_removed: int = 0
    batches_rolled_up: int = 0


def compact(site: Site) -> Compacted:
    """Sort and merge finished days, vacuum, clean the logs, roll up the journal.

    Safe to repeat, and beside everything: folds wait for one day's step at most.
    """
    done = Compacted()
    today = to_day(site.clock.utc_ms())
    for table in TABLES:
        _table(site, table, today, done)
    # Yesterday's batches may still be on their way into the tables.
    until = to_day(site.clock.utc_ms() - DAY_MS)
    for kind in (*FOLDED, Kind.REPORTS):
        for day in journal.days(site.store, kind):
            if day < until:
                done.batches_rolled_up += roll_up(site, kind, day)
    return done


def _table(site: Site, table: Table, today: str, done: Compacted) -> None:
    found = delta.find(site.store, table)
    if found is None:
        return
    for day, files in _many(found):
        with locked(site.home.locks / "fold.lock"):
            patiently(site, lambda d=day: _sort(site, table, d, d < today))  # type: ignore[misc]
        done.days += 1
        done.files_removed += files - 1
    found = delta.must(site.store, table)
    with delta.mapped(table):
        found.vacuum(retention_hours=KEEP_HOURS, dry_run=False)
        found.create_checkpoint()
        found.cleanup_metadata()


def _many(found: DeltaTable) -> list[tuple[str, int]]:
    """Days with more than one file, in order."""
    actions = pl.DataFrame(found.get_add_actions(flatten=True))
    if actions.is_empty():
        return []
    counted = actions.group_by(day=pl.col("partition.day")).len().filter(pl.col("len") > 1)
    return counted.sort("day").rows()


def _sort(site: Site, table: Table, day: str, finished: bool) -> None:
    """One day's files as one; a finished day's rows in the order searches ask for."""
    optimise = delta.must(site.store, table).optimize
    only = [("day", "=", day)]
    with delta.mapped(table):
        if finished and "camera" in table.schema:
            # By camera alone: with the time beside it every row group would hold them all
            # (a camera's day out of 57,600 rows: 31 ms against 17).
            optimise.z_order(["camera"], only, writer_properties=delta.WRITER)
        else:
            optimise.compact(only, writer_properties=delta.WRITER)


def roll_up(site: Site, kind: Kind, day: str) -> int:
    """One batch a kind and finished day (or a few large ones); answers how many went.

    In this order: the new batch is created, named as folded, and only then its parts go.
    A crash between leaves facts told twice, which no fold minds, and the next run ends it.
    """
    gone = 0
    with locked(site.home.locks / "fold.lock"):
        infos = list(site.store.list(LIVECAM, f"{journal.JOURNAL}{kind}/{day}/"))
        done = folded(site, [day]) if kind in FOLDED else {info.key for info in infos}
        for group in _groups([info for info in infos if info.key in done]):
            gone += _merge(site, kind, day, group)
    return gone


def _groups(infos: list[ObjectInfo]) -> Iterator[list[str]]:
    """Batches to put together: earlier rollups first, so that a repeat gives the same bytes."""
    group: list[str] = []
    size = 0
    for info in sorted(infos, key=lambda i: (f"/{ROLLUP}-" not in i.key, i.key)):
        if group and size + info.size_bytes > ROLLUP_BYTES:
            yield group
            group, size = [], 0
        group.append(info.key)
        size += info.size_bytes
    if len(group) > 1:
        yield group


def _merge(site: Site, kind: Kind, day: str, keys: list[str]) -> int:
    # A damaged one stays as it lies, for the audit to name.
    whole = list(journal.read_all(site.store, keys, lambda *_: None))
    keys = [batch.key for batch in whole]
    if len(keys) < 2:
        return 0
    facts = [fact for batch in whole for fact in batch.facts]
    lines = dict.fromkeys(journal.to_bytes(facts).splitlines(keepends=True))
    data = b"".join(lines)
    digest = hashlib.sha256(data).hexdigest()
    key = f"{journal.JOURNAL}{kind}/{day}/{ROLLUP}-{digest[:16]}.jsonl"
    journal.create(site.store, key, data, digest)
    if kind in FOLDED:
        name_folded(site, [journal.Batch(key, kind, facts)])
    parts = [one for one in keys if one != key]
    site.store.delete(LIVECAM, [(one, "") for one in parts])
    return len(parts)
