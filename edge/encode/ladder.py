"""When to move on the ladder: down at once, up slowly. A pure function of what was seen."""

from __future__ import annotations

from typing import NamedTuple

from edge.encode import Conditions, Limits


class Place(NamedTuple):
    """Where a camera stands: rung 0 is the best. `reason` of the last move, or none."""

    rung: int = 0
    moved_ms: int | None = None
    fair_since_ms: int | None = None
    reason: str = ""


def step(
    place: Place, rungs: int, seen: Conditions, lag_s: float, now_ms: int, limits: Limits
) -> Place:
    """The place after a look at `now_ms`, which rises. One rung a move at most."""
    trouble = _trouble(seen, lag_s, limits)
    if trouble:
        settled = place.moved_ms is None or now_ms - place.moved_ms >= limits.settle_ms
        if settled and place.rung < rungs - 1:
            return Place(place.rung + 1, now_ms, None, trouble)
        return place._replace(fair_since_ms=None)
    if place.rung == 0 or not _fair(seen, lag_s, limits):
        return place._replace(fair_since_ms=None)
    since_ms = now_ms if place.fair_since_ms is None else place.fair_since_ms
    if now_ms - since_ms >= limits.patience_ms:
        return Place(place.rung - 1, now_ms, None, "all has been well for a while")
    return place._replace(fair_since_ms=since_ms)


def _trouble(seen: Conditions, lag_s: float, limits: Limits) -> str:
    """What is wrong, in words; nothing where nothing is."""
    if seen.runway_s is not None and seen.runway_s < limits.low_runway_s:
        return f"the spool lasts {_time(seen.runway_s)}"
    if lag_s > limits.high_lag_s:
        return f"encoding is {lag_s:.1f} s behind"
    if seen.temperature_c is not None and seen.temperature_c > limits.high_c:
        return f"the machine is at {seen.temperature_c:.0f} °C"
    return ""


def _time(seconds: float) -> str:
    return f"{seconds / 60:.0f} more minutes" if seconds >= 120 else f"{seconds:.0f} more seconds"


def _fair(seen: Conditions, lag_s: float, limits: Limits) -> bool:
    return (
        (seen.runway_s is None or seen.runway_s >= limits.fair_runway_s)
        and lag_s <= limits.fair_lag_s
        and (seen.temperature_c is None or seen.temperature_c <= limits.fair_c)
    )
