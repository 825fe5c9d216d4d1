"""Which footage goes and which stays: values in, decisions with reasons out (D1, D2).

Nothing here reads a store or a clock; `flows.stages.retain` carries the decisions out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from edge.clock import to_iso
from edge.errors import TooMuch

DAY_MS = 86_400_000
# A capture time further ahead of its arrival than this is a camera's wrong clock (D1).
AHEAD_MS = DAY_MS
# How far two clocks may stand apart before neither is trusted to delete by (D2).
CLOCK_TOLERANCE_MS = 5 * 60_000


class Action(StrEnum):
    """What becomes of a segment."""

    KEEP = "keep"
    EXPIRE = "expire"


@dataclass(frozen=True, slots=True)
class Stored:
    """A stored segment as retention sees it; times in ms since the epoch.

    `named_ms` is its start by its name, where its clock was corrected since.
    """

    id: str
    camera: str
    key: str
    version_id: str
    start_ms: int
    end_ms: int
    received_ms: int
    size_bytes: int
    named_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Hold:
    """A stretch of a camera's time that must stay while `released_ms` is None.

    It covers what lies there now and what was named so: whoever placed it may have seen either.
    """

    id: str
    camera: str
    start_ms: int
    end_ms: int
    released_ms: int | None = None

    def covers(self, segment: Stored) -> bool:
        if self.camera != segment.camera:
            return False
        length_ms = segment.end_ms - segment.start_ms
        starts = (segment.start_ms, segment.named_ms)
        return any(
            ms is not None and self.start_ms < ms + length_ms and ms < self.end_ms for ms in starts
        )


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of one segment, why, and since when it could go (None: not yet)."""

    segment: Stored
    action: Action
    reason: str
    days: float
    due_ms: int


def decide(
    segments: Iterable[Stored],
    days: Mapping[str, float],
    default_days: float,
    holds: Sequence[Hold],
    now_ms: int,
) -> list[Decision]:
    """One decision a segment, in the order given.

    A segment is due `days` after its capture's end or its arrival, whichever is later (D1),
    and not before the last hold over it was released.
    """
    by_camera: dict[str, list[Hold]] = {}
    for hold in holds:
        by_camera.setdefault(hold.camera, []).append(hold)
    return [
        _decide(one, days.get(one.camera, default_days), by_camera.get(one.camera, ()), now_ms)
        for one in segments
    ]


def _decide(segment: Stored, days: float, holds: Sequence[Hold], now_ms: int) -> Decision:
    over = [hold for hold in holds if hold.covers(segment)]
    since_ms, flag = _age_from(segment)
    released = [hold.released_ms for hold in over if hold.released_ms is not None]
    due_ms = max([since_ms + round(days * DAY_MS), *released])
    standing = [hold.id for hold in over if hold.released_ms is None]
    if standing:
        return Decision(segment, Action.KEEP, f"held by {standing[0]}", days, due_ms)
    policy = f"{days:g} days"
    if due_ms > now_ms:
        reason = f"kept for {policy}, until {to_iso(due_ms)}{flag}"
        return Decision(segment, Action.KEEP, reason, days, due_ms)
    return Decision(segment, Action.EXPIRE, f"older than {policy}{flag}", days, due_ms)


def _age_from(segment: Stored) -> tuple[int, str]:
    if segment.end_ms > segment.received_ms + AHEAD_MS:
        return segment.received_ms, ", captured ahead of its arrival: counted from arrival"
    return max(segment.end_ms, segment.received_ms), ""


def cap(
    decisions: Iterable[Decision], last_run_ms: int | None, now_ms: int, max_delete: int | None
) -> int:
    """How many segments a run may delete (D2).

    `max_delete` if set; else twice what came of age since the last completed run, or since
    ever before the first.
    """
    if max_delete is not None:
        return max_delete
    since_ms = -1 if last_run_ms is None else last_run_ms
    return 2 * sum(since_ms < one.due_ms <= now_ms for one in decisions if not _held(one))


def _held(decision: Decision) -> bool:
    return decision.action is Action.KEEP and decision.reason.startswith("held")


def check_cap(decisions: Sequence[Decision], allowed: int) -> None:
    """Raise TooMuch, naming the command that approves the plan, when it exceeds its cap."""
    wanted = sum(one.action is Action.EXPIRE for one in decisions)
    if wanted > allowed:
        raise TooMuch(
            f"retention would delete {wanted} segments and its cap is {allowed}: nothing deleted",
            hint=f"If that is meant: livecam retain --max-delete {wanted}",
        )


def check_clock(now_ms: int, *, store_ms: int, latest_ms: int) -> None:
    """Raise TooMuch when the clock cannot be trusted to delete by (D2).

    `store_ms` is the store's own time now; `latest_ms` the newest moment on record (an
    arrival, the last run): time does not go back before it.
    """
    approve = "Set the clock (NTP), then run: livecam retain"
    if abs(now_ms - store_ms) > CLOCK_TOLERANCE_MS:
        raise TooMuch(
            f"this clock says {to_iso(now_ms)} and the store's {to_iso(store_ms)}: nothing deleted",
            hint=approve,
        )
    if now_ms + CLOCK_TOLERANCE_MS < latest_ms:
        raise TooMuch(
            f"this clock says {to_iso(now_ms)}, before {to_iso(latest_ms)}, which has been: "
            "nothing deleted",
            hint=approve,
        )
