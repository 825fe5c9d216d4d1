"""Retention carried out: plan, intent, objects, expiry (D1–D3).

Every step is journalled before the next, so a crash between any two leaves a plan that the
next run finishes. Facts of kind `intents`: a `plan` a segment, a `done` a plan, and a
`completed` a run, from which the next run's cap counts (D2).
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from edge.clock import to_ms
from flows import deeds, retention
from flows.catalogue import derived, journal, placing, read
from flows.catalogue.derived import Made
from flows.catalogue.fold import fold
from flows.catalogue.journal import Kind
from flows.catalogue.schema import SEGMENTS, Status
from flows.locks import locked
from flows.retention import Action, Decision, Stored
from flows.site import Site
from flows.stages.holds import holds
from flows.store import FOOTAGE, LIVECAM

# Segments a plan: what a crash may leave half done.
PLAN_SIZE = 1_000

_COLUMNS = (
    *("id", "camera", "key", "version_id", "start_utc", "end_utc", "received_utc"),
    *("size_bytes", "status"),
)

Fact = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Retained:
    """What a run decided and did; `deleted` counts what an earlier run left undone too."""

    decisions: tuple[Decision, ...]
    deleted: int
    freed_bytes: int


def preview(site: Site, at_ms: int | None = None) -> list[Decision]:
    """What a run would decide now, or at another time; changes nothing."""
    now_ms = site.clock.utc_ms() if at_ms is None else at_ms
    policy = site.settings
    days = {name: policy.retain_for(name).days for name in policy.camera_nodes}
    return retention.decide(stored(site), days, policy.retain.days, holds(site), now_ms)


def stored(site: Site) -> list[Stored]:
    """Every segment whose footage is there, the set-aside too: oldest first."""
    rows = read.rows(site, SEGMENTS, columns=_COLUMNS)
    return [
        Stored(
            id=row["id"],
            camera=row["camera"],
            key=row["key"],
            version_id=row["version_id"],
            start_ms=to_ms(row["start_utc"]),
            end_ms=to_ms(row["end_utc"]),
            received_ms=to_ms(row["received_utc"]),
            size_bytes=row["size_bytes"],
            named_ms=placing.named_ms(row["id"]),
        )
        for row in rows.iter_rows(named=True)
        if row["status"] != Status.EXPIRED
    ]


def retain(site: Site, max_delete: int | None = None) -> Retained:
    """Finish what an earlier run began, then delete what is due.

    Raises TooMuch, having deleted nothing, above the cap or under a clock that the store's
    contradicts (D2). One run at a time a machine.
    """
    with locked(site.home.locks / "retain.lock"):
        fold(site)
        done = _finish(site, _unfinished(site))
        decisions = preview(site)
        now_ms = site.clock.utc_ms()
        allowed = site.settings.retain.max_delete if max_delete is None else max_delete
        last_ms = last_completed_ms(site)
        retention.check_cap(decisions, retention.cap(decisions, last_ms, now_ms, allowed))
        _check_clock(site, last_ms)
        done += _finish(site, _plans(site, decisions))
        _intend(site, [{"type": "completed", "at_ms": now_ms}])
    return Retained(tuple(decisions), len(done), sum(fact["size_bytes"] for fact in done))


def last_completed_ms(site: Site) -> int | None:
    """When the last run completed; dry runs and refused ones don't count."""
    return max((fact["at_ms"] for fact in _intents(site, "completed")), default=None)


def _check_clock(site: Site, last_ms: int | None) -> None:
    received = read.rows(site, SEGMENTS, columns=("received_utc",))["received_utc"].max()
    latest = [last_ms or 0] + ([to_ms(received)] if received is not None else [])  # type: ignore[arg-type]
    key = _intend(site, [{"type": "looked", "at_ms": site.clock.utc_ms()}])
    store_ms = site.store.head(LIVECAM, key).received_ms
    retention.check_clock(site.clock.utc_ms(), store_ms=store_ms, latest_ms=max(latest))


def _plans(site: Site, decisions: Sequence[Decision]) -> Iterator[list[Fact]]:
    """Journal the intent, a plan of at most PLAN_SIZE at a time, before it is carried out."""
    due = [one for one in decisions if one.action is Action.EXPIRE]
    for first in range(0, len(due), PLAN_SIZE):
        plan = uuid.uuid4().hex[:12]
        facts = [_planned(plan, one, site) for one in due[first : first + PLAN_SIZE]]
        _intend(site, facts)
        yield facts


def _planned(plan: str, decision: Decision, site: Site) -> Fact:
    one = decision.segment
    return {
        "type": "plan",
        "plan": plan,
        "at_ms": site.clock.utc_ms(),
        "id": one.id,
        "camera": one.camera,
        "key": one.key,
        "start_ms": one.start_ms,
        "end_ms": one.end_ms,
        "received_ms": one.received_ms,
        "size_bytes": one.size_bytes,
        "policy_days": decision.days,
        "reason": decision.reason,
    }


def _unfinished(site: Site) -> list[list[Fact]]:
    ended = {fact["plan"] for fact in _intents(site, "done")}
    begun: dict[str, list[Fact]] = {}
    for fact in _intents(site, "plan"):
        if fact["plan"] not in ended:
            begun.setdefault(fact["plan"], []).append(fact)
    return list(begun.values())


def _intents(site: Site, kind: str) -> Iterator[Fact]:
    return (dict(f) for f in journal.facts(site.store, Kind.INTENTS) if f["type"] == kind)


def _intend(site: Site, facts: list[Fact]) -> str:
    return journal.write(site.store, Kind.INTENTS, list(facts), site.clock.utc_ms())


def _finish(site: Site, plans: Iterable[list[Fact]]) -> list[Fact]:
    return [fact for plan in plans for fact in _carry_out(site, plan)]


def _carry_out(site: Site, plan: list[Fact]) -> list[Fact]:
    """Delete a plan's objects but those under hold by now, and journal their expiry."""
    fold(site)
    # The holds as they stand after the intent (D1); what expires, expired at this moment.
    expired_ms = site.clock.utc_ms()
    standing = [hold for hold in holds(site) if hold.released_ms is None]
    going = [fact for fact in plan if not any(hold.covers(_segment(fact)) for hold in standing)]
    delete_objects(site, going)
    if going:
        deeds.tell(site.home, "retain", "delete", _told(going))
    facts = [_expiry(fact, expired_ms) for fact in going]
    journal.write(site.store, Kind.EXPIRIES, list(facts), site.clock.utc_ms())
    fold(site)
    spared = sorted({f["id"] for f in plan} - {f["id"] for f in going})
    _intend(
        site,
        [{"type": "done", "plan": plan[0]["plan"], "at_ms": expired_ms, "spared": spared}],
    )
    return going


def _told(going: list[Fact]) -> str:
    """What goes, for the log of deeds."""
    cameras = ", ".join(sorted({fact["camera"] for fact in going}))
    return f"plan {going[0]['plan']}: {len(going)} segments of {cameras}"


def _segment(fact: Fact) -> Stored:
    names = ("id", "camera", "key", "start_ms", "end_ms", "received_ms", "size_bytes")
    named_ms = placing.named_ms(fact["id"])
    return Stored(version_id="", named_ms=named_ms, **{name: fact[name] for name in names})


def _expiry(fact: Fact, expired_ms: int) -> Fact:
    names = ("id", "received_ms", "policy_days", "reason", "plan", "size_bytes")
    return {**{name: fact[name] for name in names}, "expired_ms": expired_ms}


def delete_objects(site: Site, facts: Sequence[Fact]) -> None:
    """Every version of the footage, then all pictures made of it (D3); repeating is harmless.

    In this order: whoever makes a picture meanwhile, and finds the footage there afterwards,
    made it before it is looked for here.
    """
    ids = {fact["id"] for fact in facts}
    keys = {fact["key"] for fact in facts}
    for prefix in sorted({key.rpartition("/")[0] + "/" for key in keys}):
        _delete(site, FOOTAGE, prefix, lambda key: key in keys)
    for prefix in sorted({derived.folder(kind, one) for kind in Made for one in ids}):
        _delete(site, LIVECAM, prefix, lambda key: derived.made_of(key) in ids)


def _delete(site: Site, bucket: str, prefix: str, going: Callable[[str], bool]) -> None:
    found = site.store.versions(bucket, prefix)
    site.store.delete(bucket, [(one.key, one.version_id) for one in found if going(one.key)])
