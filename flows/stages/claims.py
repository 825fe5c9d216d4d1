"""One receipt's lines checked against what the store itself says (C6)."""

from __future__ import annotations

import math
import uuid
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from edge import receipt
from edge.clock import to_utc
from edge.errors import BadClaim, BadName, Damaged, LivecamError, ObjectMissing
from edge.receipt import Corrected, Line, Missed, Report, State, Stored, Waiting
from edge.segment import Segment, SegmentName, check_name
from flows.catalogue import facts
from flows.catalogue.journal import Fact
from flows.site import Site
from flows.stages import label
from flows.stages.nodes import About
from flows.store import FOOTAGE, LIVECAM, ObjectInfo, ObjectStore

CHECKERS = 16
_LATEST_MS = 16_725_225_600_000  # the year 2500


@dataclass(slots=True)
class Checked:
    """A receipt's lines as facts, and what is wrong with the others."""

    key: str
    segments: list[Fact] = field(default_factory=list)
    gaps: list[Fact] = field(default_factory=list)
    corrections: list[Fact] = field(default_factory=list)
    reports: list[Fact] = field(default_factory=list)
    told: dict[About, Fact] = field(default_factory=dict)
    refused: list[BadClaim] = field(default_factory=list)


@dataclass(slots=True)
class _Facts:
    segment: Fact | None = None
    gap: Fact | None = None
    correction: Fact | None = None
    reports: list[Fact] = field(default_factory=list)
    told: dict[About, Fact] = field(default_factory=dict)


def check(site: Site, info: ObjectInfo, pool: ThreadPoolExecutor) -> Checked | None:
    """Check one receipt as it was listed; None when another ingest took it meanwhile.

    Raises the store's Retryable failures only: the receipt then waits for the next run.
    """
    key = info.key
    checked = Checked(key)
    node = receipt.node_of(key)
    try:
        # Whatever it was when it was listed: a node may write its own object again.
        data = site.store.read(LIVECAM, key, size=receipt.MOST_BYTES + 1)
        lines = receipt.from_bytes(data, key)
    except ObjectMissing:
        return None
    except BadClaim as error:
        checked.refused.append(error)
        return checked
    attempt = _tried(lambda line: _line(site, node, line, info.received_ms))
    for facts_of_line in pool.map(attempt, lines):
        if isinstance(facts_of_line, BadClaim):
            checked.refused.append(facts_of_line)
        else:
            _sort_in(checked, facts_of_line)
    return checked


def _tried(work: Callable[[Line], _Facts]) -> Callable[[Line], _Facts | BadClaim]:
    def attempt(line: Line) -> _Facts | BadClaim:
        try:
            return work(line)
        except BadClaim as error:
            return error
        except LivecamError:
            raise  # the store's failure, not the claim's
        except Exception as error:  # noqa: BLE001  whatever a forged line provokes is its own
            return BadClaim(f"it cannot be checked: {type(error).__name__}: {error}")

    return attempt


def _sort_in(checked: Checked, told: _Facts) -> None:
    if told.segment is not None:
        checked.segments.append(told.segment)
    if told.gap is not None:
        checked.gaps.append(told.gap)
    if told.correction is not None:
        checked.corrections.append(told.correction)
    checked.reports += told.reports
    checked.told |= told.told


def _line(site: Site, node: str, line: Line, received_ms: int) -> _Facts:
    if isinstance(line, Stored):
        return _segment(site, node, line)
    if isinstance(line, Missed):
        return _gap(site, node, line)
    if isinstance(line, Corrected):
        return _correction(site, node, line)
    if line.node != node:
        raise BadClaim(f"a report of node {line.node!r} in the inbox of {node!r}")
    if isinstance(line, State):
        return _Facts(told={About.STATE: _of_itself(line, received_ms)})
    laws = line.model_dump(mode="json", exclude={"kind"})
    return _Facts(
        reports=[{"kind": "laws", **laws}], told={About.LAWS: _of_itself(line, received_ms)}
    )


def _gap(site: Site, node: str, line: Missed) -> _Facts:
    _owned(site, node, line.gap.camera, line.gap.node, "")
    fact = facts.missed(line.gap)
    if line.gap.end_ms < line.gap.start_ms:
        raise BadClaim("a gap that ends before it begins", camera=line.gap.camera)
    _foldable(lambda: facts.gap_row(fact))
    return _Facts(gap=fact)


def _correction(site: Site, node: str, line: Corrected) -> _Facts:
    told = line.correction
    _owned(site, node, told.camera, told.node, "")
    fact = facts.corrected(told)
    if told.until_ms < told.since_ms:
        raise BadClaim("a correction of a time that ends before it begins", camera=told.camera)
    _foldable(lambda: facts.correction_row(fact))
    for at_ms in (told.since_ms, told.until_ms):
        _foldable(lambda at=told.zero_ms + at_ms: {"at_utc": _moment(at)})  # type: ignore[misc]
    return _Facts(correction=fact)


def _moment(at_ms: int) -> datetime:
    """Raises ValueError for what no table can hold: before 1970, or after some centuries."""
    if not 0 <= at_ms < _LATEST_MS:
        raise ValueError(f"{at_ms} ms lies out of time")
    return to_utc(at_ms)


def _of_itself(line: Report | State, received_ms: int) -> Fact:
    """What a node says of itself, with the moment it arrived; pages and audit show it."""
    _foldable(lambda: {"at_utc": to_utc(line.at_ms)})
    if isinstance(line, State):
        _foldable(line.health.model_dump)
        for camera, waiting in line.cameras.items():
            _foldable(lambda c=camera, w=waiting: _shown(c, w))  # type: ignore[misc]
    return {**line.model_dump(mode="json", exclude={"kind"}), "received_ms": received_ms}


def _shown(camera: str, waiting: Waiting) -> Mapping[str, Any]:
    try:
        check_name(camera)
    except BadName as error:
        raise BadClaim(error.message) from None
    return {"oldest_utc": to_utc(waiting.oldest_ms or 0)}


def _foldable(row: Callable[[], Mapping[str, Any]]) -> None:
    """Refuse what would make no row: one number beyond all bounds would stop every fold."""
    try:
        values = row().values()
    except (ArithmeticError, ValueError) as error:
        raise BadClaim(f"its numbers make no row: {error}") from None
    numbers = [v for v in values if isinstance(v, int | float)]
    if not all(math.isfinite(v) and abs(v) < 2**53 for v in numbers):
        raise BadClaim("its numbers are beyond all bounds")


def _owned(site: Site, node: str, camera: str, claimed: str, key: str) -> None:
    owner = site.settings.node_of(camera)
    if owner != node or claimed != node:
        of = f"belongs to {owner!r}" if owner else "is no node's"
        raise BadClaim(
            f"camera {camera!r} {of}; claimed for {claimed!r} in the inbox of {node!r}",
            camera=camera,
            key=key or None,
        )


def _segment(site: Site, node: str, line: Stored) -> _Facts:
    segment = line.segment
    _owned(site, node, segment.camera, segment.node, line.key)
    _foldable(lambda: facts.segment_row(facts.stored(segment, version_id="", received_ms=0)))
    _index(segment)
    try:
        name = SegmentName.from_key(line.key)
    except BadName as error:
        raise BadClaim(error.message, key=line.key) from None
    if name != segment.name:
        raise BadClaim("the key is not the claimed segment's", key=line.key)
    info, later = first_version(site.store, line.key)
    _agree(site, line, info)
    return _Facts(
        segment=facts.stored(segment, version_id=info.version_id, received_ms=info.received_ms),
        reports=[
            {
                "kind": "second_version",
                "key": line.key,
                "version_id": one.version_id,
                "at_ms": one.received_ms,
                "node": node,
            }
            for one in later
        ],
    )


def first_version(store: ObjectStore, key: str) -> tuple[ObjectInfo, list[ObjectInfo]]:
    """What was created first under a key (C1), as HEAD tells it, and what came after.

    Raises BadClaim when there is nothing.
    """
    try:
        if not store.capabilities.versions:
            return store.head(FOOTAGE, key), []
        every = oldest_first(v for v in store.versions(FOOTAGE, key) if v.key == key)
        if not every or every[0].deleted:
            raise BadClaim("there is no such object", key=key)
        return store.head(FOOTAGE, key, every[0].version_id), every[1:]
    except ObjectMissing:
        raise BadClaim("there is no such object", key=key) from None


def _index(segment: Segment) -> None:
    """Its fragments lie in its file, one after the other."""
    at = 0
    for fragment in segment.fragments:
        if fragment.offset_bytes < at or fragment.size_bytes < 0 or not 0 <= fragment.pts < 2**53:
            raise BadClaim("its fragments overlap or go back", key=segment.key)
        at = fragment.offset_bytes + fragment.size_bytes
    if at > segment.size_bytes:
        raise BadClaim("its fragments lie beyond the file's end", key=segment.key)


def oldest_first(versions: Iterable[ObjectInfo]) -> list[ObjectInfo]:
    """A key's versions, which are listed newest first, by age: the first is the row's (C1)."""
    numbered = sorted(enumerate(versions), key=lambda pair: (pair[1].received_ms, -pair[0]))
    return [version for _, version in numbered]


def _agree(site: Site, line: Stored, info: ObjectInfo) -> None:
    """The object's own size, digest and metadata against the claim (C6)."""
    segment = line.segment
    if info.size_bytes != segment.size_bytes:
        raise BadClaim(
            f"the object has {info.size_bytes} bytes, claimed are {segment.size_bytes}",
            key=line.key,
        )
    digest = info.sha256 or _digest(site, info)
    if digest != segment.sha256:
        raise BadClaim("the object's SHA-256 is not the claimed one", key=line.key)
    told = label.disagreement(segment, info.metadata or {})
    if told:
        raise BadClaim(f"the object's metadata disagrees: {told}", key=line.key)


def _digest(site: Site, info: ObjectInfo) -> str:
    site.home.scratch.mkdir(parents=True, exist_ok=True)
    target = site.home.scratch / f"claim-{uuid.uuid4().hex}"
    try:
        return site.store.fetch(FOOTAGE, info.key, target, info.version_id)
    except Damaged as error:
        raise BadClaim(f"the object cannot be read whole: {error.message}", key=info.key) from None
    finally:
        target.unlink(missing_ok=True)
