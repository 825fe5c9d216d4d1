"""What retention did, against what it may: D1, D3."""

from __future__ import annotations

from edge.clock import to_ms
from edge.segment import SegmentName
from flows.audit.evidence import Evidence, Span, span_of
from flows.audit.findings import Finding
from flows.catalogue.journal import Fact, Kind
from flows.catalogue.schema import EXPIRIES, SEGMENTS, Status
from flows.retention import AHEAD_MS, DAY_MS


def d1(evidence: Evidence) -> Finding:
    """Nothing went before its time, nothing under hold."""
    spans = {row["id"]: span_of(row) for row in evidence.rows(SEGMENTS)}
    expiries = evidence.rows(EXPIRIES)
    keys = [
        row["key"]
        for row in expiries
        if _early(row, spans.get(row["id"], (0, 0))[1]) or _held(row, evidence.holds, spans)
    ]
    keys += evidence.damaged.get(Kind.HOLDS, [])  # what it held cannot be told
    return Finding(len(expiries), tuple(keys))


def _early(row: Fact, end_ms: int) -> bool:
    received = to_ms(row["received_utc"])
    since = received if end_ms > received + AHEAD_MS else max(end_ms, received)
    return bool(to_ms(row["expired_utc"]) < since + round(row["policy_days"] * DAY_MS))


def _held(row: Fact, facts: list[Fact], spans: dict[str, Span]) -> bool:
    """Whether a hold stood over it at the moment holds were last read."""
    at_ms = to_ms(row["expired_utc"])
    named_ms = to_ms(row["start_utc"])
    start_ms, end_ms = spans.get(row["id"], (named_ms, named_ms + 1))
    released = {f["id"]: f["released_ms"] for f in facts if f.get("released_ms") is not None}
    return any(
        fact["camera"] == row["camera"]
        and fact["start_ms"] < end_ms
        and start_ms < fact["end_ms"]
        and fact["placed_ms"] <= at_ms < released.get(fact["id"], at_ms + 1)
        for fact in facts
        if fact.get("placed_ms") is not None
    )


def d3(evidence: Evidence) -> Finding:
    """What expired had a plan and is gone with every version; no plan was left half done."""
    expired = {r["id"]: r for r in evidence.rows(SEGMENTS) if r["status"] == Status.EXPIRED}
    told = {row["id"]: row for row in evidence.rows(EXPIRIES)}
    plans = {fact["plan"] for fact in evidence.intents if fact["type"] == "plan"}
    keys = [row["key"] for row in expired.values() if row["key"] in evidence.objects]
    keys += [row["key"] for one, row in expired.items() if one not in told]
    keys += [row["key"] for row in told.values() if row["plan"] not in plans]
    keys += [SegmentName.from_file(one + ".mp4").key for one in _left(evidence, set(told))]
    keys += evidence.damaged.get(Kind.INTENTS, [])
    return Finding(len(expired.keys() | told.keys()), tuple(keys))


def _left(evidence: Evidence, told: set[str]) -> list[str]:
    """Planned by a run that ended long ago, and neither expired nor spared."""
    ended = {fact["plan"] for fact in evidence.intents if fact["type"] == "done"}
    completed = [fact["at_ms"] for fact in evidence.intents if fact["type"] == "completed"]
    last_ms = max(completed, default=0)
    return [
        fact["id"]
        for fact in evidence.intents
        if fact["type"] == "plan"
        and fact["plan"] not in ended
        and fact["at_ms"] < last_ms
        and fact["id"] not in told
    ]
