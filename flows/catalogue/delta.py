"""Delta tables by name: opened or made, read, merged; deltalake's errors become ours."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import polars as pl
from deltalake import CommitProperties, DeltaTable, Schema, Transaction, WriterProperties
from deltalake.exceptions import CommitFailedError, DeltaError, TableNotFoundError
from deltalake.table import TableMerger

from edge.errors import CommitConflict, LivecamError, StoreRefused, StoreUnavailable
from flows.catalogue.schema import Table
from flows.store import LIVECAM, ObjectStore
from flows.store.errors import CODES

# Seven days of history, as the vacuum keeps of files; a checkpoint keeps opening quick.
CONFIGURATION = {
    "delta.logRetentionDuration": "interval 7 days",
    "delta.deletedFileRetentionDuration": "interval 7 days",
    "delta.checkpointInterval": "50",
}
# Row groups of about three camera-days: statistics let a search skip the others.
WRITER = WriterProperties(compression="ZSTD", max_row_group_size=8192)

# Commits between two looks at how many files a day has.
TIDY_EVERY = 16

_LONGEST_REASON = 200

_CONFLICT = re.compile(
    r"concurrent|conflict|version .*already exists|transaction failed", re.IGNORECASE
)


@contextmanager
def mapped(table: Table) -> Iterator[None]:
    """Turn deltalake's failures into CommitConflict or StoreUnavailable."""
    try:
        yield
    except CommitFailedError as error:
        raise CommitConflict(f"another writer came first: {error}", key=table.path) from None
    except TableNotFoundError:
        raise
    except (DeltaError, OSError) as error:
        if _CONFLICT.search(str(error)):
            raise CommitConflict(f"another writer came first: {error}", key=table.path) from None
        raise _from_store(str(error), table) from None


def _from_store(told: str, table: Table) -> LivecamError:
    """What the object store under a table said, in many lines as a rule, as one of ours."""
    code = next((code for code in CODES if f"<Code>{code}</Code>" in told), None)
    if code is not None and CODES[code][0] is StoreRefused:
        kind, words, hint = CODES[code]
        return kind(words.format(bucket=LIVECAM), key=table.path, hint=hint)
    reason = " ".join(told.split())[:_LONGEST_REASON]
    return StoreUnavailable(f"the table does not answer: {reason}", key=table.path)


def find(store: ObjectStore, table: Table) -> DeltaTable | None:
    """The table as it stands now; None when it was never made."""
    try:
        with mapped(table):
            return DeltaTable(store.delta_uri(table.path), storage_options=_options(store))
    except TableNotFoundError:
        return None


def _options(store: ObjectStore) -> dict[str, str]:
    """For delta-rs, which asks ten times as a rule: a page would wait 5 s for a store that is down.

    Polars asks twice, and takes no text for it.
    """
    return {**store.delta_options(), "max_retries": "2"}


def version(store: ObjectStore, table: Table) -> int:
    """Of the table as it stands now; -1 where it was never made."""
    found = find(store, table)
    return -1 if found is None else found.version()


def widened(store: ObjectStore, table: Table) -> DeltaTable | None:
    """The table as it stands now, with the columns that older versions lack; None as `find`."""
    return None if find(store, table) is None else open_table(store, table)


def open_table(store: ObjectStore, table: Table) -> DeltaTable:
    """The table as it stands now, made first where it never was; no column is missing."""
    found = find(store, table)
    if found is not None:
        _widen(found, table)
        return found
    with mapped(table):
        return DeltaTable.create(
            store.delta_uri(table.path),
            schema=Schema.from_arrow(table.schema),
            mode="ignore",
            partition_by=["day"],
            name=table.name,
            configuration=CONFIGURATION,
            storage_options=_options(store),
        )


def _widen(opened: DeltaTable, table: Table) -> None:
    """Give a table the columns that were added to its schema since it was made."""
    had = {field.name for field in opened.schema().fields}
    fields = [one for one in Schema.from_arrow(table.schema).fields if one.name not in had]
    if fields:
        with mapped(table):
            opened.alter.add_columns(fields)


def commit() -> CommitProperties:
    """Marks a commit as the fold's: of two on the same version of a table, one must fail.

    Without it Delta lets two inserts pass side by side, as they touch no common file.
    """
    mark = Transaction("livecam-fold", time.time_ns() // 1_000_000)
    return CommitProperties(app_transactions=[mark], max_commit_retries=0)


def days_in(days: Iterable[str], alias: str = "t.") -> str:
    """A predicate on the partition, so that file statistics skip the rest."""
    listed = ", ".join(f"'{day}'" for day in sorted(set(days)))
    return f"{alias}day in ({listed})"


def frame(table: Table, rows: Iterable[Mapping[str, Any]]) -> pl.DataFrame:
    """Rows as the table's columns; a missing column is null."""
    return pl.DataFrame(list(rows), schema=table.schema, orient="row")


def rows_of(
    store: ObjectStore, opened: DeltaTable, days: Iterable[str] | None = None
) -> pl.LazyFrame:
    """The rows of some days (all, where None), as a lazy frame without the column `day`."""
    wanted = None if days is None else [("day", "in", sorted(set(days)))]
    files = opened.file_uris(file_pruning_predicate=wanted) if wanted != [("day", "in", [])] else []
    return scan(store, files, pl.Schema(opened.schema().to_arrow()))


def scan(store: ObjectStore, files: list[str], schema: pl.Schema) -> pl.LazyFrame:
    """A table's files as a lazy frame with the table's columns, but without `day`.

    Columns that were added after a file was written are null.
    """
    columns = pl.Schema({name: kind for name, kind in schema.items() if name != "day"})
    if not files:
        return pl.LazyFrame(schema=columns)
    return pl.scan_parquet(
        files,
        schema=columns,
        missing_columns="insert",
        storage_options=store.delta_options() or None,
        hive_partitioning=False,
        glob=False,
    )


def insert(opened: DeltaTable, table: Table, rows: pl.DataFrame) -> None:
    """Add the rows whose id the table does not hold (C2); the first to come stays."""
    if not rows.is_empty():
        execute(opened, table, merge(opened, rows).when_not_matched_insert_all())


def merge(opened: DeltaTable, rows: pl.DataFrame) -> TableMerger:
    """A merge of `rows` (alias s) into the table (alias t) on id within their days."""
    return opened.merge(
        rows,
        f"{days_in(rows['day'])} and t.day = s.day and t.id = s.id",
        source_alias="s",
        target_alias="t",
        writer_properties=WRITER,
        commit_properties=commit(),
    )


def execute(opened: DeltaTable, table: Table, merger: TableMerger) -> None:
    """Commit a merge; now and then put the small files that merges leave together.

    A hub that folds twice a minute would else leave thousands a day for every search to open.
    """
    with mapped(table):
        before = opened.version()
        merger.execute()
        if opened.version() > before and opened.version() % TIDY_EVERY == 0:
            _tidy(opened)


def _tidy(opened: DeltaTable) -> None:
    actions = pl.DataFrame(opened.get_add_actions(flatten=True))
    if actions.is_empty():
        return
    counted = actions.group_by(day=pl.col("partition.day")).len()
    days = counted.filter(pl.col("len") >= TIDY_EVERY // 2)["day"].to_list()
    if days:
        opened.optimize.compact([("day", "in", days)], writer_properties=WRITER)


def must(store: ObjectStore, table: Table) -> DeltaTable:
    """A table that was there a moment ago. Raises StoreUnavailable where it went meanwhile."""
    found = find(store, table)
    if found is None:
        raise StoreUnavailable("the table went away; is a rebuild running?", key=table.path)
    return found
