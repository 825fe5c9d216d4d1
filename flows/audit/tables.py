"""The tables against the journal: C4, C5."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl

from edge.home import Home
from flows.audit.evidence import Evidence, raw
from flows.audit.findings import Finding
from flows.catalogue import fold
from flows.catalogue.schema import (
    ANALYSES,
    DETECTIONS,
    EVENTS,
    FOLDS,
    LATER,
    LINEAGE,
    MOTION,
    SEGMENTS,
    TABLES,
    Table,
)
from flows.site import Site
from flows.store import ObjectStore


class Shadow:
    """The site's store, but for the tables: those are made anew in a folder."""

    def __init__(self, store: ObjectStore, folder: Path) -> None:
        self._store, self._folder = store, folder

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def delta_uri(self, path: str) -> str:
        target = self._folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        return str(target)

    def delta_options(self) -> dict[str, str]:
        return {}


def c4(evidence: Evidence) -> Finding:
    """Every fact of the tables comes out again when the journal is folded afresh."""
    site = evidence.site
    site.home.scratch.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=site.home.scratch) as folder:
        shadow = _shadow(site, Path(folder))
        keys = [k for k in fold.pending(shadow, everything=True) if k in evidence.folded]
        spoiled: list[str] = []
        fold.fold_keys(shadow, keys, lambda key, _: spoiled.append(key))
        found = Finding(0, tuple(spoiled))
        # What was folded when is the fold's own; all other tables hold facts.
        for table in (one for one in TABLES if one is not FOLDS):
            found += _compared(table, evidence.tables[table.name], raw(shadow, table))
    return found


def _shadow(site: Site, folder: Path) -> Site:
    store: Any = Shadow(site.store, folder)
    return replace(site, store=store, home=Home(folder))


def _compared(table: Table, held: pl.DataFrame, again: pl.DataFrame) -> Finding:
    held = held.unique("id")
    if table is EVENTS and held["other_models"].has_nulls():
        held, again = _of_before(held, again)
    again = _as_far_as_told(table, held, again)
    both = held.select("id").vstack(again.select("id")).unique()
    same = _fingerprints(held).join(_fingerprints(again), on=["id", "print"], how="semi")
    wrong = both.join(same, "id", how="anti")["id"].to_list()
    return Finding(len(both), tuple(_names(table, held, again, wrong)))


def _as_far_as_told(table: Table, held: pl.DataFrame, again: pl.DataFrame) -> pl.DataFrame:
    """Without what stands in columns that came after a row was written: it is null there."""
    later = [name for name in LATER.get(table.name, ()) if name in again.columns]
    if not later:
        return again
    empty = held.filter(pl.all_horizontal(pl.col(name).is_null() for name in later))
    told = ~pl.col("id").is_in(empty["id"].implode())
    return again.with_columns(pl.when(told).then(pl.col(name)).alias(name) for name in later)


def _of_before(held: pl.DataFrame, again: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Events told before their ids named the model, under the ids that they have now.

    Where there are any, one model's events were told of each segment: what others saw there
    comes with the next rebuild, and counts for nothing until then.
    """
    model, start = pl.col("model_digest").str.slice(0, 16), pl.col("start_utc").dt.epoch("ms")
    named = pl.concat_str("camera", "label", model, start, separator="_")
    before = pl.col("other_models").is_null()
    held = held.with_columns(id=pl.when(before).then(named).otherwise("id"))
    return held, again.join(held, "id", how="semi")


def _fingerprints(rows: pl.DataFrame) -> pl.DataFrame:
    told = pl.struct(sorted(rows.columns)).struct.json_encode().alias("print")
    return rows.select("id", told)


def _names(
    table: Table, held: pl.DataFrame, again: pl.DataFrame, wrong: list[str]
) -> Iterator[str]:
    """Segments by key, as people look for them; other rows by table and id."""
    keys: dict[str, str] = {}
    if table is SEGMENTS:
        for frame in (again, held):
            keys |= dict(zip(frame["id"], frame["key"], strict=True))
    for one in wrong:
        yield keys.get(one, f"{table.name}/{one}")


def c5(evidence: Evidence) -> Finding:
    """Every finding names analyser, model, configuration and run."""
    found = Finding(0)
    for table in (DETECTIONS, MOTION, ANALYSES):
        rows = evidence.tables[table.name]
        nameless = pl.any_horizontal(pl.col(name).fill_null("") == "" for name in LINEAGE)
        keys = [f"{table.name}/{one}" for one in rows.filter(nameless)["id"].to_list()]
        found += Finding(len(rows), tuple(keys))
    return found
