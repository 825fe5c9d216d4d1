"""The merges that do more than insert: states of segments, holds, what is set aside.

Each opens its table first and reads others after: a writer that was faster then either was
read, or makes this commit fail and start over.
"""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from edge.clock import to_day
from edge.segment import SegmentName
from flows.catalogue import delta
from flows.catalogue.schema import EXPIRIES, HOLDS, SEGMENTS, SET_ASIDE, Status, Table
from flows.store import ObjectStore


def first(rows: pl.DataFrame, *order: str) -> pl.DataFrame:
    """One row an id: the least by these columns, whatever order they came in."""
    return rows.sort(order).unique("id", keep="first", maintain_order=True)


def latest(failures: pl.DataFrame) -> pl.DataFrame:
    """One row of `set_aside` an id: what was said last of it."""
    return failures.sort("at_utc", "attempts", "state").unique(
        "id", keep="last", maintain_order=True
    )


def known(store: ObjectStore, table: Table, rows: pl.DataFrame) -> set[str]:
    """Which ids of these rows the table holds already."""
    found = delta.find(store, table)
    if found is None:
        return set()
    held = delta.rows_of(store, found, rows["day"]).select("id")
    return set(held.filter(pl.col("id").is_in(rows["id"].to_list())).collect()["id"].to_list())


def holds(rows: pl.DataFrame) -> pl.DataFrame:
    """One row a hold, from its placing and its release."""
    return rows.group_by("id", maintain_order=True).agg(
        pl.col("camera", "start_utc", "end_utc").first(),
        pl.col("placed_utc", "released_utc").min(),
        pl.col("reason").max(),
        pl.col("day").first(),
    )


def merge_holds(store: ObjectStore, rows: pl.DataFrame) -> None:
    """Place and release; a hold once released stays so."""
    opened = delta.open_table(store, HOLDS)
    merger = delta.merge(opened, rows).when_matched_update(
        {
            "placed_utc": "coalesce(t.placed_utc, s.placed_utc)",
            "released_utc": "coalesce(t.released_utc, s.released_utc)",
            "reason": "greatest(t.reason, s.reason)",
        },
        predicate="(t.placed_utc is null and s.placed_utc is not null)"
        " or (t.released_utc is null and s.released_utc is not null)",
    )
    delta.execute(opened, HOLDS, merger.when_not_matched_insert_all())


def merge_set_aside(store: ObjectStore, rows: pl.DataFrame) -> None:
    """What was said last of an item stands."""
    opened = delta.open_table(store, SET_ASIDE)
    later = (
        "s.at_utc > t.at_utc or (s.at_utc = t.at_utc and (s.attempts > t.attempts"
        " or (s.attempts = t.attempts and s.state > t.state)))"
    )
    merger = delta.merge(opened, rows).when_matched_update_all(predicate=later)
    delta.execute(opened, SET_ASIDE, merger.when_not_matched_insert_all())


def merge_segments(store: ObjectStore, arrived: pl.DataFrame, changed: Iterable[str]) -> None:
    """Insert what arrived (C2), and give it and `changed` ids the state the tables tell.

    Repeats while expiries or set-aside items move meanwhile, so that none is missed.
    """
    seen: tuple[int, ...] = ()
    while seen != (now := _versions(store)):
        seen = now
        _merge_states(store, arrived, set(changed))


def _versions(store: ObjectStore) -> tuple[int, ...]:
    return tuple(delta.version(store, table) for table in (EXPIRIES, SET_ASIDE))


def _merge_states(store: ObjectStore, arrived: pl.DataFrame, changed: set[str]) -> None:
    opened = delta.open_table(store, SEGMENTS)
    only = [
        {"id": one, "day": to_day(SegmentName.from_file(one + ".mp4").start_ms)}
        for one in sorted(changed - set(arrived["id"].to_list()))
    ]
    rows = pl.concat(
        [
            arrived.with_columns(fresh=pl.lit(True)),
            delta.frame(SEGMENTS, only).with_columns(fresh=pl.lit(False)),
        ]
    )
    rows = _with_states(store, rows)
    columns = {name: f"s.{name}" for name in SEGMENTS.schema}
    merger = delta.merge(opened, rows).when_matched_update(
        {"status": "s.status", "reason": "s.reason"}, predicate="t.status <> s.status"
    )
    delta.execute(opened, SEGMENTS, merger.when_not_matched_insert(columns, predicate="s.fresh"))


def _with_states(store: ObjectStore, rows: pl.DataFrame) -> pl.DataFrame:
    """`status` and `reason` as expiries and set-aside items tell; expired outranks all."""
    days = rows["day"].unique().to_list()
    expired = _told(store, EXPIRIES, days).select("id", gone=pl.col("reason"))
    aside = (
        _told(store, SET_ASIDE, days)
        .filter(pl.col("stage") == "analyse", pl.col("state") == "set_aside")
        .select(id=pl.col("id").str.strip_prefix("analyse/"), aside=pl.col("reason"))
    )
    joined = rows.drop("status", "reason").join(expired, "id", how="left")
    joined = joined.join(aside, "id", how="left").with_columns(
        status=pl.when(pl.col("gone").is_not_null())
        .then(pl.lit(str(Status.EXPIRED)))
        .when(pl.col("aside").is_not_null())
        .then(pl.lit(str(Status.SET_ASIDE)))
        .otherwise(pl.lit(str(Status.STORED))),
        reason=pl.coalesce("gone", "aside"),
    )
    return joined.select(*SEGMENTS.schema, "fresh")


def _told(store: ObjectStore, table: Table, days: list[str]) -> pl.DataFrame:
    found = delta.find(store, table)
    if found is None:
        return pl.DataFrame(schema=table.schema).drop("day")
    return delta.rows_of(store, found, days).collect().unique("id")
