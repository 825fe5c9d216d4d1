"""The edge's laws, on what the node and the catalogue hold: E1, E2, E3."""

from __future__ import annotations

from collections.abc import Iterable

from edge.clock import to_iso
from edge.segment import Origin
from flows.audit.evidence import Evidence, Span, Spans, span_of
from flows.audit.findings import Finding
from flows.catalogue.schema import GAPS, SEGMENTS


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
    for camera, end_ms in evidence.accounts.items():
        own = spans.get(camera, [])
        reached = max((end for _, end in own), default=None)
        if reached is None or reached < end_ms:
            keys.append(_stretch(camera, (reached or 0, end_ms)))
    return Finding(len(evidence.accounts), tuple(keys))


def e3(evidence: Evidence) -> Finding:
    """Recorded, expired and gaps cover all time from each camera's first to its last moment."""
    spans = _accounted(evidence)
    keys = [_stretch(camera, hole) for camera, own in spans.items() for hole in holes(own)]
    return Finding(len(spans), tuple(keys))


def _accounted(evidence: Evidence) -> Spans:
    spans: Spans = {camera: list(own) for camera, own in evidence.moving.items()}
    recorded = (r for r in evidence.rows(SEGMENTS) if r["origin"] == Origin.RECORDED)
    for row in (*recorded, *evidence.rows(GAPS)):
        spans.setdefault(row["camera"], []).append(span_of(row))
    return spans


def holes(spans: Iterable[Span]) -> list[Span]:
    """The stretches between the first start and the last end that no span covers."""
    found: list[Span] = []
    reached: int | None = None
    for start, end in sorted(spans):
        if reached is not None and start > reached:
            found.append((reached, start))
        reached = end if reached is None else max(reached, end)
    return found


def _stretch(camera: str, span: Span) -> str:
    return f"{camera} {to_iso(span[0])} to {to_iso(span[1])}"
