"""Footage against its rows: C1, C2, C3, C6."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from edge.clock import to_ms
from edge.errors import BadName, Damaged, ObjectMissing
from edge.segment import SegmentName
from flows.audit.evidence import Evidence
from flows.audit.findings import Finding
from flows.catalogue import placing
from flows.catalogue.journal import Fact
from flows.catalogue.schema import SEGMENTS, Status
from flows.site import Site
from flows.store import FOOTAGE

READERS = 8
# An object may wait this long for its receipt and its row before it counts as forgotten.
PATIENCE_MS = 3_600_000


def standing(evidence: Evidence) -> list[Fact]:
    """Rows whose footage must be there, doubled rows once."""
    rows = {row["id"]: row for row in evidence.rows(SEGMENTS)}
    return [row for row in rows.values() if row["status"] != Status.EXPIRED]


def c1(evidence: Evidence) -> Finding:
    """The name tells time and digest; no object has a second version or a delete marker."""
    rows = standing(evidence)
    known = evidence.timelines(spool=False)
    keys = [row["key"] for row in rows if not _named(row, known)]
    for row in rows:
        versions = evidence.objects.get(row["key"], [])
        if any(one.deleted or one.version_id != row["version_id"] for one in versions):
            keys.append(row["key"])
    return Finding(len(rows), tuple(keys))


def _named(row: Fact, known: placing.Timelines) -> bool:
    try:
        name = SegmentName.from_key(row["key"])
    except BadName:
        return False
    told = SegmentName(row["camera"], name.start_ms, row["sha256"][:16])
    start_ms = name.start_ms
    if row["camera"] in known:  # by its clock as it was corrected since
        start_ms = placing.span(row, known[row["camera"]])[0]
    return name == told and name.id == row["id"] and to_ms(row["start_utc"]) == start_ms


def c2(evidence: Evidence) -> Finding:
    """One row a segment."""
    rows = evidence.rows(SEGMENTS)
    times = Counter(row["id"] for row in rows)
    return Finding(len(times), tuple(row["key"] for row in rows if times[row["id"]] > 1))


def c3(evidence: Evidence, *, quick: bool) -> Finding:
    """Each row's object is there with its size and digest; `quick` believes the store."""
    rows = standing(evidence)
    with tempfile.TemporaryDirectory(dir=_scratch(evidence.site)) as folder:

        def whole(row: Fact) -> bool:
            return _whole(evidence.site, row, Path(folder), quick)

        with ThreadPoolExecutor(READERS) as pool:
            keys = [
                row["key"] for row, ok in zip(rows, pool.map(whole, rows), strict=True) if not ok
            ]
    orphans = _forgotten(evidence)
    return Finding(len(rows) + len(orphans), (*keys, *orphans))


def _scratch(site: Site) -> Path:
    site.home.scratch.mkdir(parents=True, exist_ok=True)
    return site.home.scratch


def _whole(site: Site, row: Fact, folder: Path, quick: bool) -> bool:
    key, version = row["key"], row["version_id"]
    target = folder / row["id"]
    try:
        info = site.store.head(FOOTAGE, key, version)
        if info.size_bytes != row["size_bytes"]:
            return False
        if quick:
            return info.sha256 in (None, row["sha256"])
        return site.store.fetch(FOOTAGE, key, target, version) == str(row["sha256"])
    except (ObjectMissing, Damaged):
        return False
    finally:
        target.unlink(missing_ok=True)


def _forgotten(evidence: Evidence) -> list[str]:
    known = {row["key"] for row in evidence.rows(SEGMENTS)}
    before = evidence.site.clock.utc_ms() - PATIENCE_MS
    return [
        key
        for key, versions in evidence.objects.items()
        if key not in known
        and any(not one.deleted and one.received_ms < before for one in versions)
    ]


def c6(evidence: Evidence) -> Finding:
    """Each row agrees with its object's own metadata, camera and node among it."""
    rows = standing(evidence)
    with ThreadPoolExecutor(READERS) as pool:
        agreed = pool.map(lambda row: _agrees(evidence.site, row), rows)
        keys = tuple(row["key"] for row, ok in zip(rows, agreed, strict=True) if not ok)
    return Finding(len(rows), keys)


def _agrees(site: Site, row: Fact) -> bool:
    try:
        info = site.store.head(FOOTAGE, row["key"], row["version_id"])
    except (ObjectMissing, Damaged):
        return True  # C3's to say
    return not info.metadata or _same(row, info.metadata.items())


def _same(row: Fact, metadata: Iterable[tuple[str, str]]) -> bool:
    told = {name.replace("-", "_"): value for name, value in metadata}
    row = {**row, "start_ms": placing.named_ms(row["id"])}
    return all(str(row[name]) == value for name, value in told.items() if name in _COMPARED)


_COMPARED = {
    *("camera", "node", "start_ms", "media_ms", "wall_ms"),
    *("size_bytes", "sha256", "codec", "width", "height"),
}
