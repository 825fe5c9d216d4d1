"""The tables dropped and folded again from the whole journal (C4)."""

from __future__ import annotations

from dataclasses import dataclass

from deltalake import DeltaTable

from edge.errors import CommitConflict, StoreUnavailable
from flows.catalogue import delta, schema
from flows.catalogue.fold import Folded, fold_all, pending
from flows.catalogue.schema import Table
from flows.locks import locked
from flows.site import Site
from flows.store import LIVECAM


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What was folded again, and the rows that came of it, by table."""

    folded: Folded
    rows: dict[str, int]


def rebuild(site: Site) -> Rebuilt:
    """Drop every table and fold all of the journal; no fold runs beside it on this machine.

    Cut short, it is finished by the next rebuild, or by a reconcile's fold of all days:
    what `folds` does not name is folded.
    """
    with locked(site.home.locks / "fold.lock"):
        # `folds` first: from then on whatever is cut short counts as not folded.
        for table in (schema.FOLDS, *(t for t in schema.TABLES if t is not schema.FOLDS)):
            drop(site, table)
        folded = fold_all(site, pending(site, everything=True))
    return Rebuilt(folded, {table.name: _count(site, table) for table in schema.TABLES})


def drop(site: Site, table: Table) -> None:
    """Empty a table: its files leave its log, or, where that log is no table's, are deleted.

    A reader that holds the table open sees it empty, then filled; never half of two tables.
    """
    try:
        found = delta.find(site.store, table)
        if found is None or _is(found, table):
            if found is not None:
                with delta.mapped(table):
                    found.delete(commit_properties=delta.commit())
            return
    except (StoreUnavailable, CommitConflict):
        found = None  # a log that cannot be read; a store that is down fails below
    names = site.store.list(LIVECAM, f"{table.path}/")
    site.store.delete(LIVECAM, [(info.key, "") for info in list(names)])


def _is(found: DeltaTable, table: Table) -> bool:
    fields = {field.name for field in found.schema().fields}
    return fields == set(table.schema) and found.metadata().partition_columns == ["day"]


def _count(site: Site, table: Table) -> int:
    found = delta.find(site.store, table)
    return 0 if found is None else delta.rows_of(site.store, found).collect().height
