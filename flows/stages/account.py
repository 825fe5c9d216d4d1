"""Reading a camera's account: its rows, and what its node says still waits."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from edge.segment import Origin
from flows.catalogue import coverage, read
from flows.catalogue.coverage import UNTOLD_MS, Stretch, Waits
from flows.catalogue.schema import SEGMENTS
from flows.site import Site
from flows.stages import nodes
from flows.stages.nodes import About


def known_cameras(site: Site) -> list[str]:
    """Every camera that is configured, or ever stored a segment or told of a gap."""
    return sorted({*read.cameras(site), *site.settings.camera_nodes})


def account_of(site: Site, camera: str, start_ms: int, end_ms: int) -> list[Stretch]:
    """A camera's `[start_ms, end_ms)` as `coverage.stretches` tells it."""
    since_ms = max(start_ms - UNTOLD_MS, 0)
    segments = read.rows(
        site,
        SEGMENTS,
        cameras=[camera],
        start_ms=since_ms,
        end_ms=end_ms,
        columns=coverage.SEGMENT_COLUMNS,
    )
    gaps = read.gaps(site, camera, since_ms, end_ms)
    own = coverage.claims(segments, gaps).get(camera, [])
    return coverage.stretches(
        own,
        start_ms,
        end_ms,
        now_ms=site.clock.utc_ms(),
        before=_before(site, camera, since_ms),
        waits=list(_waits(site, camera)),
    )


def _before(site: Site, camera: str, until_ms: int) -> bool:
    """Whether the camera's account began before that."""
    recorded = pl.col("origin") == str(Origin.RECORDED)
    segments = read.rows(
        site, SEGMENTS, cameras=[camera], end_ms=until_ms, where=recorded, columns=["id"]
    )
    return not segments.is_empty() or not read.gaps(site, camera, end_ms=until_ms).is_empty()


def _waits(site: Site, camera: str) -> Iterator[Waits]:
    """What the camera's node said last of its spool (C6: no other node is believed)."""
    fact = nodes.newest(site, About.STATE).get(site.settings.node_of(camera) or "")
    if fact is not None:
        oldest_ms = fact["cameras"].get(camera, {}).get("oldest_ms")
        yield Waits(int(fact["received_ms"]), oldest_ms, gaps=fact["gaps"] > 0)
