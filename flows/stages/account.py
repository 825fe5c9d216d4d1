"""Reading cameras' accounts: their rows, and what their nodes say still waits."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import polars as pl

from flows.catalogue import coverage, read
from flows.catalogue.coverage import UNTOLD_MS, Stretch, Waits
from flows.catalogue.schema import GAPS, SEGMENTS, Table
from flows.site import Site
from flows.stages import nodes
from flows.stages.nodes import About

# Of twenty cameras a year is 21 million rows, a month 100 MB.
_PIECE_MS = 31 * 86_400_000


def known_cameras(site: Site) -> list[str]:
    """Every camera that is configured, or ever stored a segment or told of a gap."""
    return sorted({*read.cameras(site), *site.cameras})


def account_of(site: Site, camera: str, start_ms: int, end_ms: int) -> list[Stretch]:
    """A camera's `[start_ms, end_ms)` as `coverage.stretches` tells it."""
    return accounts_of(site, [camera], start_ms, end_ms)[camera]


def accounts_of(
    site: Site, cameras: Sequence[str], start_ms: int, end_ms: int
) -> dict[str, list[Stretch]]:
    """The same of several cameras, in one pass over the tables."""
    since_ms = max(start_ms - UNTOLD_MS, 0)
    pieces = range(since_ms, end_ms, _PIECE_MS)
    told = coverage.claimed(
        _runs(site, cameras, at_ms, min(at_ms + _PIECE_MS, end_ms)) for at_ms in pieces
    )
    began, waits, now_ms = read.began(site), waits_of(site), site.clock.utc_ms()
    return {
        camera: coverage.stretches(
            told.get(camera, []),
            start_ms,
            end_ms,
            now_ms=now_ms,
            before=began.get(camera, since_ms) < since_ms,
            waits=waits(camera),
        )
        for camera in cameras
    }


def _runs(site: Site, cameras: Sequence[str], start_ms: int, end_ms: int) -> pl.DataFrame:
    def found(table: Table, columns: Sequence[str]) -> pl.DataFrame:
        return read.rows(
            site,
            table,
            cameras=cameras,
            start_ms=start_ms,
            end_ms=end_ms,
            columns=columns,
            as_they_lie=True,
        )

    return coverage.runs(
        found(SEGMENTS, coverage.SEGMENT_COLUMNS), found(GAPS, coverage.GAP_COLUMNS)
    )


def rows(
    camera: str, found: Sequence[Stretch], cuts: Sequence[int], each: str = "hour"
) -> Iterator[dict[str, Any]]:
    """The sums between `cuts`, then of all, as command and gateway tell them in JSON."""
    for one in coverage.sums(camera, found, cuts):
        yield {"of": each, **one.as_json()}
    [total] = coverage.sums(camera, found, [cuts[0], cuts[-1]])
    yield {"of": "sum", **total.as_json()}


def waits_of(site: Site) -> Callable[[str], list[Waits]]:
    """What each camera's node said last of its spool (C6: no other node is believed)."""
    said = nodes.newest(site, About.STATE)

    def of(camera: str) -> list[Waits]:
        fact = said.get(site.settings.node_of(camera) or "")
        if fact is None:
            return []
        oldest_ms = fact["cameras"].get(camera, {}).get("oldest_ms")
        return [Waits(int(fact["received_ms"]), oldest_ms, gaps=fact["gaps"] > 0)]

    return of
