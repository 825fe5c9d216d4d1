"""Objects against rows: what has no row gets one, whatever else differs is reported (C1, C3)."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from edge.clock import to_ms
from edge.errors import LivecamError, ObjectMissing, Retryable
from edge.segment import VIDEOS, Cause, Gap, SegmentName
from flows.catalogue import facts, journal, read
from flows.catalogue.fold import fold
from flows.catalogue.journal import Fact, Kind
from flows.catalogue.schema import Status
from flows.locks import locked
from flows.site import Site
from flows.stages.claims import oldest_first
from flows.stages.relabel import segment_of
from flows.store import FOOTAGE, ObjectInfo, ObjectStore

_COLUMNS = (
    *("id", "status", "camera", "node", "start_utc", "end_utc", "key", "version_id"),
    *("wall_ms", "boot_id", "monotonic_ms"),
)

Row = dict[str, Any]


@dataclass(slots=True)
class _Found:
    """What one run found; the lists hold keys."""

    objects: int = 0
    rows: int = 0
    rows_made: list[str] = field(default_factory=list)
    rows_without_object: list[str] = field(default_factory=list)
    second_versions: list[str] = field(default_factory=list)
    expired_but_there: list[str] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)


def reconcile(site: Site) -> dict[str, int | list[str]]:
    """Fold what any day's journal still holds, then compare every object with its row.

    A stored row whose object is gone, and which no retention plan names, gets a gap
    `lost_in_store`; the row stays as it is, for the audit to name. Safe to repeat.
    """
    found = _Found()
    with locked(site.home.locks / "reconcile.lock"):
        fold(site, everything=True)
        planned = _planned(site)
        cameras = {*site.store.folders(FOOTAGE, VIDEOS), *read.cameras(site)}
        for camera in sorted(cameras):
            _camera(site, camera, planned, found)
        fold(site)
    return {name: getattr(found, name) for name in found.__slots__}


def _planned(site: Site) -> set[str]:
    """Segments that a retention plan names: their objects may go at any moment (D3)."""
    return {f["id"] for f in journal.facts(site.store, Kind.INTENTS) if f.get("type") == "plan"}


def _camera(site: Site, camera: str, planned: set[str], found: _Found) -> None:
    # Rows before objects: what arrives between the two has an object without a row, and
    # making its row again changes nothing.
    rows = {row["key"]: row for row in _rows(site, camera)}
    found.rows += len(rows)
    made: list[Fact] = []
    versions: dict[str, set[str]] = {}
    for key, every in _objects(site.store, f"{VIDEOS}{camera}/"):
        found.objects += 1
        versions[key] = {one.version_id for one in every if not one.deleted}
        fact = _object(site, key, every, rows.get(key), found)
        if fact is not None:
            made.append(fact)
            found.rows_made.append(key)
    lost = [r for key, r in rows.items() if _lost(site, r, versions.get(key, set()), planned)]
    found.rows_without_object += [row["key"] for row in lost]
    now = site.clock.utc_ms()
    journal.write(site.store, Kind.SEGMENTS, made, now)
    journal.write(site.store, Kind.GAPS, [_gap(row) for row in lost], now)


def _rows(site: Site, camera: str) -> Iterator[Row]:
    return read.segments(site, camera, all=True, columns=_COLUMNS).iter_rows(named=True)


def _objects(store: ObjectStore, prefix: str) -> Iterator[tuple[str, list[ObjectInfo]]]:
    """Every key with its versions, oldest first."""
    for key, every in groupby(store.versions(FOOTAGE, prefix), key=lambda one: one.key):
        yield key, oldest_first(every)


def _object(
    site: Site, key: str, every: list[ObjectInfo], row: Row | None, found: _Found
) -> Fact | None:
    """Report what is odd about an object; the fact of its row where it has none."""
    there = [one for one in every if not one.deleted]
    try:
        SegmentName.from_key(key)
    except LivecamError:
        found.foreign.append(key)
        return None
    if len(there) > 1:
        found.second_versions.append(key)  # C1: tampering
    if row is not None or not there:
        if row is not None and there and row["status"] == Status.EXPIRED:
            found.expired_but_there.append(key)
        return None
    try:
        return _fact(site, key, there[0])
    except Retryable:
        raise
    except LivecamError as error:
        found.unreadable.append(f"{key}: {error.message}")
        return None


def _fact(site: Site, key: str, first: ObjectInfo) -> Fact:
    site.home.scratch.mkdir(parents=True, exist_ok=True)
    path = site.home.scratch / f"reconcile-{uuid.uuid4().hex}.mp4"
    try:
        info = site.store.head(FOOTAGE, key, first.version_id)
        digest = site.store.fetch(FOOTAGE, key, path, first.version_id)
        segment = segment_of(site, info, path, digest)
    finally:
        path.unlink(missing_ok=True)
    return facts.stored(segment, version_id=info.version_id, received_ms=info.received_ms)


def _lost(site: Site, row: Row, versions: set[str], planned: set[str]) -> bool:
    if row["status"] == Status.EXPIRED or row["id"] in planned or row["version_id"] in versions:
        return False
    try:  # once more, now: retention may have begun, or the listing been older than the row
        site.store.head(FOOTAGE, row["key"], row["version_id"])
    except ObjectMissing:
        return row["id"] not in _planned(site)
    return False


def _gap(row: Row) -> Fact:
    return facts.missed(
        Gap(
            camera=row["camera"],
            node=row["node"],
            start_ms=to_ms(row["start_utc"]),
            end_ms=to_ms(row["end_utc"]),
            cause=Cause.LOST_IN_STORE,
            detail=row["id"],
            boot_id=row["boot_id"] or "",
            monotonic_ms=row["monotonic_ms"] + row["wall_ms"] if row["boot_id"] else None,
        )
    )
