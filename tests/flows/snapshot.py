"""The facts of a catalogue, for comparing it with another or with itself later."""

from __future__ import annotations

from flows.catalogue import read
from flows.catalogue.schema import TABLES
from flows.site import Site

# When and by which batch a fact was folded is no fact of the footage.
_LEFT_OUT = {"folds"}


def facts_of(site: Site) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table, ordered by id."""
    return {
        table.name: read.rows(site, table).sort("id").rows()
        for table in TABLES
        if table.name not in _LEFT_OUT
    }
