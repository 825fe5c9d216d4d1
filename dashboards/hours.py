"""Was it recording, and if not why: cameras' hours as cells that a page can draw."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from edge.segment import Cause
from flows.catalogue.coverage import State, Stretch, Sums, sums


class Kind(StrEnum):
    """What a cell tells apart by colour and letter; causes that one looks after alike are one."""

    RECORDED = "recorded"
    EXPIRED = "expired"
    STAND_IN = "stand_in"
    IMPORTED = "imported"
    CAMERA = "camera"
    RECORDER = "recorder"
    LOST = "lost"
    OFF = "off"
    UNEXPLAINED = "unexplained"
    PENDING = "pending"
    NONE = "none"


# A letter for those who see no colour; none where all is well or nothing is to be told.
MARKS = {
    Kind.EXPIRED: "E",
    Kind.STAND_IN: "S",
    Kind.IMPORTED: "I",
    Kind.CAMERA: "C",
    Kind.RECORDER: "R",
    Kind.LOST: "L",
    Kind.OFF: "–",
    Kind.UNEXPLAINED: "?",
    Kind.PENDING: "…",
}
_BY_CAUSE: dict[str, Kind] = {
    **dict.fromkeys(
        (Cause.CAMERA_UNREACHABLE, Cause.CAMERA_FROZEN, Cause.WAITING_KEYFRAME), Kind.CAMERA
    ),
    **dict.fromkeys((Cause.RECORDER_DOWN, Cause.NODE_DOWN, Cause.CLOCK_JUMP), Kind.RECORDER),
    **dict.fromkeys((Cause.QUARANTINED, Cause.DISK_FULL_DROPPED, Cause.LOST_IN_STORE), Kind.LOST),
    **dict.fromkeys((Cause.NOT_WANTED, Cause.DISABLED), Kind.OFF),
}
_BY_STATE = {
    State.NOT_YET: Kind.NONE,
    State.AHEAD: Kind.NONE,
    **{State(str(kind)): kind for kind in Kind if str(kind) in set(State)},
}
# Nobody owes what was before and will be, what is on its way, and what was brought in (E3).
_NOT_OWED = {Kind.NONE, Kind.PENDING, Kind.IMPORTED}
_MISSING = {Kind.CAMERA, Kind.STAND_IN, Kind.RECORDER, Kind.LOST, Kind.OFF, Kind.UNEXPLAINED}


@dataclass(frozen=True, slots=True)
class Hour:
    """A camera's hour. `parts`: its states and causes, recorded first, then the longest.

    `at_ms`: its first footage, None where it has none.
    """

    told: Sums
    parts: tuple[tuple[str, Kind, int], ...]
    at_ms: int | None

    @property
    def fills(self) -> dict[Kind, float]:
        """Shares of the hour by kind, in the order of Kind."""
        ms = dict.fromkeys(Kind, 0)
        for _, kind, lasted in self.parts:
            ms[kind] += lasted
        return {kind: held / self.told.wall_ms for kind, held in ms.items() if held}

    @property
    def main(self) -> Kind:
        """What it is marked by: the longest of what is missing, else of what there is."""
        fills = self.fills
        missing = [kind for kind in fills if kind in _MISSING]
        # A stretch that is on its way is no news while footage of the hour came.
        quiet = {Kind.PENDING, Kind.NONE} if Kind.RECORDED in fills else set()
        among = missing or [kind for kind in fills if kind not in quiet]
        return max(among, key=lambda kind: fills[kind], default=Kind.NONE)

    @property
    def percent(self) -> int | None:
        """Of the time that a camera had to account for, what was recorded, rounded down."""
        owed_ms = self.told.wall_ms - sum(ms for _, kind, ms in self.parts if kind in _NOT_OWED)
        return percent(self.told, owed_ms) if owed_ms > 0 else None


def percent(told: Sums, of_ms: int) -> int:
    """Recorded and expired of `of_ms`, rounded down: 100 means that nothing is missing."""
    had = told.by_state.get(State.RECORDED, 0) + told.by_state.get(State.EXPIRED, 0)
    return math.floor(100 * had / of_ms)


def hours_of(camera: str, found: Sequence[Stretch], cuts: Sequence[int]) -> list[Hour]:
    """A camera's hours between `cuts`; `found` covers them as `coverage.stretches` does."""
    return [Hour(told, _parts(told), _first(found, told)) for told in sums(camera, found, cuts)]


def all_of(camera: str, found: Sequence[Stretch], cuts: Sequence[int]) -> Hour:
    """The same of the whole time."""
    return hours_of(camera, found, [cuts[0], cuts[-1]])[0]


def kind_of_cause(cause: str) -> Kind:
    """A cause that a newer version tells of is its recorder's matter."""
    return _BY_CAUSE.get(cause, Kind.RECORDER)


def _parts(told: Sums) -> tuple[tuple[str, Kind, int], ...]:
    parts = [(cause, kind_of_cause(cause), ms) for cause, ms in told.by_cause.items()]
    states = told.by_state.items()
    parts += [(str(state), _BY_STATE[state], ms) for state, ms in states if state in _BY_STATE]
    parts.sort(key=lambda part: (part[1] is not Kind.RECORDED, -part[2]))
    return tuple((name, kind, ms) for name, kind, ms in parts if ms)


def _first(found: Sequence[Stretch], told: Sums) -> int | None:
    has = (State.RECORDED, State.STAND_IN, State.IMPORTED)
    for start_ms, end_ms, state, _ in found:
        if state in has and start_ms < told.end_ms and end_ms > told.start_ms:
            return max(start_ms, told.start_ms)
    return None
