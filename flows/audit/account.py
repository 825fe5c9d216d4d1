"""The edge's laws, on what the node and the catalogue hold: E1, E2, E3."""

from __future__ import annotations

from edge.clock import to_iso
from edge.clocks.correction import Timeline
from flows.audit.evidence import Evidence, Span, Spans
from flows.audit.findings import Finding
from flows.catalogue import coverage, placing
from flows.catalogue.schema import GAPS, SEGMENTS
from flows.catalogue.spans import merged


def e1(evidence: Evidence) -> Finding:
    """Sealed files against their sidecars: here, and in each node's newest report."""
    found = Finding(0)
    if "E1" in evidence.spool:
        here = evidence.spool["E1"]
        found += Finding(here.checked, here.keys)
    for report in evidence.laws.values():
        law = report["laws"].get("E1", {"checked": 0, "keys": []})
        found += Finding(int(law["checked"]), tuple(map(str, law["keys"])))
    return found


def e2(evidence: Evidence) -> Finding:
    """What this machine's recorder accounted for is in its spool, the inbox or the tables."""
    spans = _accounted(evidence)
    keys: list[str] = []
    known = evidence.timelines()
    for camera, account in evidence.accounts.items():
        moved_ms = known.get(camera, Timeline()).at(account.boot_id, account.monotonic_ms)
        end_ms = account.end_ms if moved_ms is None else moved_ms
        own = spans.get(camera, [])
        reached = max((end for _, end in own), default=None)
        if reached is None or reached < end_ms:
            keys.append(_stretch(camera, (reached or 0, end_ms)))
    return Finding(len(evidence.accounts), tuple(keys))


def e3(evidence: Evidence) -> Finding:
    """Recorded, expired and gaps cover all time from each camera's first to its last moment."""
    spans = _accounted(evidence)
    keys = [_stretch(camera, hole) for camera, own in spans.items() for hole in coverage.holes(own)]
    return Finding(len(spans), tuple(keys))


def _accounted(evidence: Evidence) -> Spans:
    """What tables, spool and inbox account for, merged, by camera."""
    known = evidence.timelines()
    told = coverage.claims(
        placing.segments(evidence.tables[SEGMENTS.name], known),
        placing.gaps(evidence.tables[GAPS.name], known),
    )
    spans = {camera: coverage.accounted(own) for camera, own in told.items()}
    moving: Spans = {}
    for item in evidence.moving:
        span = known.get(item.camera, Timeline()).of(item)
        moving.setdefault(item.camera, []).append(span)
    for camera, own in moving.items():
        spans[camera] = merged([*spans.get(camera, []), *own])
    return {camera: own for camera, own in spans.items() if own}


def _stretch(camera: str, span: Span) -> str:
    return f"{camera} {to_iso(span[0])} to {to_iso(span[1])}"
