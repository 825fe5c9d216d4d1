"""A camera's time, each millisecond of it told once: was it recording, and if not why (E3).

Where rows speak of the same time the first of these has it: a gap `lost_in_store` (somebody
looked for the object and it was gone), recorded footage, expired footage, a stand-in's, the other
gaps in the order of CAUSES, imported footage (outside the account, so it hides no gap). Time that
no row speaks of is `ahead`, `not_yet`, `pending` or else `unexplained`.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

import polars as pl

from edge.clock import to_iso
from edge.segment import Cause, Origin
from flows.catalogue.schema import Status
from flows.catalogue.spans import Span, merged, parted

# What coverage asks of the two tables.
SEGMENT_COLUMNS = ("camera", "start_utc", "end_utc", "status", "origin", "fallback")
GAP_COLUMNS = ("camera", "start_utc", "end_utc", "cause")

# A recorder seals after at most a quarter of an hour, and upload and ingest take their turns.
UNTOLD_MS = 18 * 60_000

# Of two gaps the one that knows more: footage was had and lost; the recorder saw what was wrong;
# it was told not to; only its silence is known.
CAUSES = (
    *(Cause.QUARANTINED, Cause.DISK_FULL_DROPPED),
    *(Cause.CAMERA_FROZEN, Cause.CAMERA_UNREACHABLE, Cause.WAITING_KEYFRAME),
    *(Cause.NOT_WANTED, Cause.DISABLED),
    *(Cause.RECORDER_DOWN, Cause.NODE_DOWN, Cause.CLOCK_JUMP),
)


class State(StrEnum):
    """What a millisecond of a camera's time is."""

    RECORDED = "recorded"
    EXPIRED = "expired"  # was recorded; retention took it
    STAND_IN = "stand_in"  # a drawn scene, while the camera could not be opened
    GAP = "gap"
    IMPORTED = "imported"  # footage from elsewhere, where the account knows nothing
    PENDING = "pending"  # not ingested yet
    NOT_YET = "not_yet"  # before the camera's first record
    AHEAD = "ahead"  # later than now
    UNEXPLAINED = "unexplained"


@dataclass(frozen=True, slots=True)
class Claim:
    """Time of which rows say the same; `cause` of a gap, else "".

    `moments` take no time: when a clock was set, and what it had named is corrected.
    """

    state: State
    spans: list[Span]
    cause: str = ""
    moments: tuple[int, ...] = ()


class Stretch(NamedTuple):
    """A stretch of one state, and of a gap its cause."""

    start_ms: int
    end_ms: int
    state: State
    cause: str = ""


class Waits(NamedTuple):
    """What a node's newest state, of `told_ms`, says of a camera.

    `oldest_ms`: the start of the oldest segment in its spool; `gaps`: whether gaps wait there.
    """

    told_ms: int
    oldest_ms: int | None = None
    gaps: bool = False


def claims(
    segments: pl.DataFrame | pl.LazyFrame, gaps: pl.DataFrame | pl.LazyFrame
) -> dict[str, list[Claim]]:
    """Each camera's claims, the one that goes first before the others.

    The frames have SEGMENT_COLUMNS and GAP_COLUMNS; rows may overlap, and stand twice.
    """
    return claimed([runs(segments, gaps)])


def runs(segments: pl.DataFrame | pl.LazyFrame, gaps: pl.DataFrame | pl.LazyFrame) -> pl.DataFrame:
    """What such rows say in as few rows as can be, for `claimed`."""
    return pl.concat([_runs(_footage(segments)), _runs(_missed(gaps))])


def claimed(found: Iterable[pl.DataFrame]) -> dict[str, list[Claim]]:
    """The claims of several `runs` together."""
    told: dict[str, dict[tuple[State, str], list[Span]]] = {}
    for camera, state, cause, start, end in (row for one in found for row in one.iter_rows()):
        told.setdefault(camera, {}).setdefault((State(state), cause), []).append((start, end))
    return {
        camera: [_claim(state, own[state, cause], cause) for state, cause in _ranked(own)]
        for camera, own in told.items()
    }


def _claim(state: State, spans: list[Span], cause: str) -> Claim:
    set_at = {start for start, end in spans if start == end and cause == Cause.CLOCK_JUMP}
    return Claim(state, merged(spans), cause, tuple(sorted(set_at)))


def _footage(segments: pl.DataFrame | pl.LazyFrame) -> pl.LazyFrame:
    recorded = pl.col("origin") == str(Origin.RECORDED)
    expired = pl.col("status") == str(Status.EXPIRED)
    stand_in = pl.col("fallback").fill_null(value=False)
    state = (
        pl.when(recorded & stand_in)
        .then(pl.lit(str(State.STAND_IN)))
        .when(recorded & expired)
        .then(pl.lit(str(State.EXPIRED)))
        .when(recorded)
        .then(pl.lit(str(State.RECORDED)))
        .otherwise(pl.lit(str(State.IMPORTED)))
    )
    # Imported footage that expired tells nothing of what a recorder did.
    return segments.lazy().filter(recorded | ~expired).with_columns(state=state, cause=pl.lit(""))


def _missed(gaps: pl.DataFrame | pl.LazyFrame) -> pl.LazyFrame:
    return gaps.lazy().with_columns(state=pl.lit(str(State.GAP)))


def _runs(rows: pl.LazyFrame) -> pl.DataFrame:
    """Rows of one camera, state and cause that meet as one: a month of a site is millions."""
    same = ("camera", "state", "cause")
    spans = rows.select(
        *same,
        start=pl.col("start_utc").dt.epoch("ms"),
        end=pl.col("end_utc").dt.epoch("ms"),
    ).sort(*same, "start")
    reached = pl.col("end").cum_max().shift(1).over(same)
    begins = (pl.col("start") > reached).fill_null(value=True)
    return (
        spans.with_columns(run=begins.cum_sum())
        .group_by("run")
        .agg(*(pl.col(name).first() for name in same), pl.col("start").min(), pl.col("end").max())
        .select(*same, "start", "end")
        .collect()
    )


def _ranked(told: Iterable[tuple[State, str]]) -> list[tuple[State, str]]:
    return sorted(told, key=_rank)


def _rank(of: tuple[State, str]) -> tuple[int, int, str]:
    state, cause = of
    if cause == Cause.LOST_IN_STORE:
        return 0, 0, cause
    known = next((n for n, one in enumerate(CAUSES) if one == cause), len(CAUSES))
    order = (State.RECORDED, State.EXPIRED, State.STAND_IN, State.GAP, State.IMPORTED)
    return 1 + order.index(state), known, cause


def accounted(own: Iterable[Claim]) -> list[Span]:
    """All time that is in a camera's account."""
    return merged(
        span for claim in own if claim.state is not State.IMPORTED for span in claim.spans
    )


def holes(accounted: Sequence[Span]) -> list[Span]:
    """What nothing accounts for between the first and the last moment of a `merged` account."""
    return [(before[1], after[0]) for before, after in itertools.pairwise(accounted)]


def stretches(
    own: Sequence[Claim],
    start_ms: int,
    end_ms: int,
    *,
    now_ms: int,
    before: bool,
    waits: Collection[Waits] = (),
) -> list[Stretch]:
    """`[start_ms, end_ms)` of one camera in order, without overlap or hole.

    Stretches without a length say when a clock was set, where that took no time from the account.

    `own`: the claims that meet it or the UNTOLD_MS before it; `before`: whether the camera had
    an account before those.
    """
    rest = _rest(accounted(own), now_ms, before=before, waits=waits)
    free = [(start_ms, end_ms)] if start_ms < end_ms else []
    found: list[Stretch] = []
    for claim in (*own, *rest, Claim(State.UNEXPLAINED, list(free))):
        taken, free = parted(free, claim.spans)
        found += (Stretch(*span, claim.state, claim.cause) for span in taken)
    moments = {(at_ms, claim.cause) for claim in own for at_ms in claim.moments}
    return list(_parted_at(sorted(found), sorted(moments)))


def _parted_at(found: Sequence[Stretch], moments: Sequence[tuple[int, str]]) -> Iterator[Stretch]:
    """The stretches in order, with those of no length where they belong."""
    for one in found:
        start_ms = one.start_ms
        for at_ms, cause in moments:
            if start_ms <= at_ms < one.end_ms:
                if start_ms < at_ms:
                    yield one._replace(start_ms=start_ms, end_ms=at_ms)
                yield Stretch(at_ms, at_ms, State.GAP, cause)
                start_ms = at_ms
        yield one._replace(start_ms=start_ms)


_ALWAYS_MS = 1 << 53


def _rest(
    known: Sequence[Span], now_ms: int, *, before: bool, waits: Collection[Waits]
) -> Iterator[Claim]:
    """Why no row speaks of a time: what can be told without rows."""
    yield Claim(State.AHEAD, [(now_ms, _ALWAYS_MS)])
    last_ms = known[-1][1] if known else None
    pending = [span for one in waits for span in [_waiting(one, last_ms)] if span is not None]
    ends = [end for _, end in (*known[-1:], *pending)]
    if ends and 0 <= now_ms - max(ends) <= UNTOLD_MS:
        pending.append((max(ends), now_ms))
    yield Claim(State.PENDING, merged(pending))
    if not before:
        yield Claim(State.NOT_YET, [(-_ALWAYS_MS, known[0][0] if known else _ALWAYS_MS)])


def _waiting(waits: Waits, last_ms: int | None) -> Span | None:
    """The time of which a node's spool holds the account."""
    since = [waits.oldest_ms] if waits.oldest_ms is not None else []
    if waits.gaps and last_ms is not None:
        since.append(last_ms)
    return (min(since), waits.told_ms) if since and min(since) < waits.told_ms else None


@dataclass(frozen=True, slots=True)
class Sums:
    """How a camera's `[start_ms, end_ms)` was spent: `by_state` adds up to its length."""

    camera: str
    start_ms: int
    end_ms: int
    by_state: Mapping[State, int]
    by_cause: Mapping[str, int]

    @property
    def wall_ms(self) -> int:
        return self.end_ms - self.start_ms

    def as_json(self) -> dict[str, Any]:
        """Times as ISO, `<state>_ms` for every state, `causes` of gaps by name."""
        return {
            "camera": self.camera,
            "start_utc": to_iso(self.start_ms),
            "end_utc": to_iso(self.end_ms),
            "wall_ms": self.wall_ms,
            **{f"{state}_ms": self.by_state.get(state, 0) for state in State},
            "causes": dict(self.by_cause),
        }


def sums(camera: str, found: Sequence[Stretch], cuts: Sequence[int]) -> list[Sums]:
    """The sums between each two of `cuts`, in order; `found` covers them as `stretches` does."""
    states: list[dict[State, int]] = [{} for _ in cuts[1:]]
    causes: list[dict[str, int]] = [{} for _ in cuts[1:]]
    at = 0
    for start, end, state, cause in found:
        while at < len(states) - 1 and cuts[at + 1] <= start:
            at += 1
        for number in range(at, len(states)):
            if cuts[number] >= max(end, start + 1):
                break
            ms = min(end, cuts[number + 1]) - max(start, cuts[number])
            states[number][state] = states[number].get(state, 0) + ms
            if cause:
                causes[number][cause] = causes[number].get(cause, 0) + ms
    bounds = itertools.pairwise(cuts)
    return [
        Sums(camera, *bound, states[number], causes[number]) for number, bound in enumerate(bounds)
    ]


def hours(start_ms: int, end_ms: int, whole_ms: int = 0) -> list[int]:
    """Where `[start_ms, end_ms)` is cut: its ends, and hours as whole as `whole_ms` is."""
    first = start_ms + (whole_ms - start_ms) % HOUR_MS
    return [start_ms, *range(first + HOUR_MS * (first == start_ms), end_ms, HOUR_MS), end_ms]


HOUR_MS = 3_600_000
