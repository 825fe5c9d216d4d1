"""A camera's stretch of time as a timeline draws it: few enough spans for any screen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import polars as pl

from dashboards.api.coarse import coarse_events, coarse_gaps, joined, spans
from dashboards.archive import Archive
from flows.catalogue import coverage, intervals, read
from flows.catalogue.coverage import UNTOLD_MS, State, Stretch
from flows.catalogue.schema import SEGMENTS
from flows.catalogue.spans import merged
from flows.site import Site
from flows.stages.account import waits_of

EVENT = ("id", "label", "start_ms", "end_ms", "score", "count")
EVENT_ROW = ("id", "label", "start_utc", "end_utc", "score", "count")
SEGMENT = (*coverage.SEGMENT_COLUMNS, "mime_codecs", "codec", "fps")

# Nothing narrower is told apart on a screen: a day is 2,880 steps of 30 s.
STEPS = 2_880
# Cameras drift and clocks are read in milliseconds: this much between segments is no hole.
JOINED_MS = 1_500
# Why nothing is there, where no gap says so.
UNTOLD = (State.PENDING, State.NOT_YET, State.UNEXPLAINED)


def timeline(
    archive: Archive, camera: str, start_ms: int, end_ms: int, steps: int | None = None
) -> dict[str, Any]:
    """What `dashboards.api.timelines.Timeline` promises; with `steps` in about as many spans.

    A run is what a player takes in one go, holes and all; it ends where codecs change or sound
    comes or goes. With `steps`, what is less than a step apart is told as one.
    """
    site, step_ms = archive.site, (end_ms - start_ms) // steps if steps else 0
    rows = _segments(archive, camera, start_ms, end_ms)
    stored = _stored(rows, start_ms)
    asked = (site, camera, start_ms, end_ms)
    missed = read.gaps(site, camera, max(start_ms - UNTOLD_MS, 0), end_ms)
    told = _account(site, camera, rows, missed, start_ms, end_ms)
    gaps = _whole(told, _with_ms(missed), start_ms, end_ms)
    events = coarse_events(_with_ms(read.events(*asked, columns=EVENT_ROW)), step_ms).select(EVENT)
    moved = _with_ms(intervals.motion(*asked))
    return {
        "camera": camera,
        "start_ms": start_ms,
        "end_ms": end_ms,
        "step_ms": step_ms,
        "runs": _coarse_runs(stored, step_ms) if steps else _runs(stored),
        "recorded": spans(stored, max(step_ms, JOINED_MS)),
        "expired": _of(told, State.EXPIRED, step_ms),
        "gaps": coarse_gaps(gaps, start_ms, step_ms),
        "untold": _untold(told, step_ms),
        "motion": spans(moved, step_ms or (end_ms - start_ms) // STEPS),
        "events": events.to_dicts(),
        # Recorded, but not by the camera: `fallback` in livecam.yaml.
        "stand_ins": _of(told, State.STAND_IN, step_ms),
        "holds": _holds(site, camera, start_ms, end_ms),
    }


def _with_ms(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(
        start_ms=pl.col("start_utc").dt.epoch("ms"), end_ms=pl.col("end_utc").dt.epoch("ms")
    )


def _segments(archive: Archive, camera: str, start_ms: int, end_ms: int) -> pl.DataFrame:
    """Rows whatever their status; what was recorded just before tells what is on its way."""
    since_ms = max(start_ms - UNTOLD_MS, 0)
    # A month of a camera is 90,000: none is looked at but for when it was and of what kind.
    found = read.rows(
        archive.site,
        SEGMENTS,
        cameras=[camera],
        start_ms=since_ms,
        end_ms=end_ms,
        columns=SEGMENT,
        as_they_lie=True,
    )
    return archive.sure(found).sort("start_utc", "end_utc")


def _stored(rows: pl.DataFrame, start_ms: int) -> pl.DataFrame:
    found = _with_ms(rows.filter(pl.col("status") == "stored"))
    return found.filter(pl.col("end_ms") > start_ms)


def _account(
    site: Site,
    camera: str,
    segments: pl.DataFrame,
    gaps: pl.DataFrame,
    start_ms: int,
    end_ms: int,
) -> list[Stretch]:
    """The stretch as `coverage.stretches` tells it."""
    own = coverage.claims(_closed(segments), gaps).get(camera, [])
    before = read.began(site).get(camera, start_ms) < start_ms - UNTOLD_MS
    asked = (own, start_ms, end_ms)
    now_ms = site.clock.utc_ms()
    told = coverage.stretches(*asked, now_ms=now_ms, before=before)
    if all(one.state is not State.UNEXPLAINED for one in told):
        return told
    # Only then: what nodes say of their spools is an object of the store each.
    waits = waits_of(site)(camera)
    return coverage.stretches(*asked, now_ms=now_ms, before=before, waits=waits)


def _whole(
    told: Iterable[Stretch], rows: pl.DataFrame, start_ms: int, end_ms: int
) -> Iterator[Stretch]:
    """The gaps, as long as they are where they reach out of the time asked for."""
    for one in told:
        if one.state is not State.GAP:
            continue
        start, end = one.start_ms, one.end_ms
        if start == start_ms or end == end_ms:
            around = (pl.col("start_ms") <= start) & (pl.col("end_ms") >= end)
            own = rows.filter(around, pl.col("cause") == one.cause)
            start = min([start, *own["start_ms"]]) if start == start_ms else start
            end = max([end, *own["end_ms"]]) if end == end_ms else end
        yield one._replace(start_ms=start, end_ms=end)


def _closed(segments: pl.DataFrame) -> pl.DataFrame:
    """Segments of one kind that meet, or that only their clocks part, as one."""
    kind = pl.struct("status", "origin", "fallback")
    until = pl.col("end_utc").cum_max().shift(1)
    apart_ms = (pl.col("start_utc") - until).dt.total_milliseconds()
    begins = (kind != kind.shift(1)) | (apart_ms > JOINED_MS)
    joined_up = segments.with_columns(number=begins.fill_null(value=True).cum_sum())
    same = ("camera", "status", "origin", "fallback")
    found = joined_up.group_by("number", maintain_order=True).agg(
        *(pl.col(name).first() for name in same),
        pl.col("start_utc").min(),
        pl.col("end_utc").max(),
    )
    # Of another kind, too, what is that near goes on where the one before ends.
    after = pl.col("start_utc").shift(-1)
    near = (after - pl.col("end_utc")).dt.total_milliseconds().is_between(0, JOINED_MS)
    end = pl.when(near).then(after).otherwise(pl.col("end_utc"))
    return found.with_columns(end_utc=end)


def _of(told: Iterable[Stretch], state: State, step_ms: int) -> list[list[int]]:
    found = [(one.start_ms, one.end_ms) for one in told if one.state is state]
    return [list(span) for span in _near(found, max(step_ms, JOINED_MS))]


def _near(found: Iterable[tuple[int, int]], apart_ms: int) -> list[tuple[int, int]]:
    """Spans in order, those at most `apart_ms` from another as one."""
    reach = merged((start, end + apart_ms + 1) for start, end in found)
    return [(start, end - apart_ms - 1) for start, end in reach]


def _untold(told: Sequence[Stretch], step_ms: int) -> list[dict[str, Any]]:
    found = [
        {"start_ms": start, "end_ms": end, "state": str(state)}
        for state in UNTOLD
        for start, end in _of(told, state, step_ms)
        if end - start > JOINED_MS
    ]
    return sorted(found, key=lambda one: int(str(one["start_ms"])))


def _holds(site: Site, camera: str, start_ms: int, end_ms: int) -> list[list[int]]:
    held = _with_ms(read.holds(site, camera))
    near = held.filter(pl.col("end_ms") > start_ms, pl.col("start_ms") < end_ms)
    return [list(span) for span in merged(near.select("start_ms", "end_ms").iter_rows())]


def _runs(stored: pl.DataFrame) -> list[dict[str, Any]]:
    # A source buffer takes one set of tracks: the player must begin anew when it changes.
    changed = (pl.col("mime_codecs") != pl.col("mime_codecs").shift(1)).fill_null(value=True)
    return _told_runs(stored.with_columns(number=changed.cum_sum()))


def _coarse_runs(stored: pl.DataFrame, step_ms: int) -> list[dict[str, Any]]:
    kinds = stored.partition_by("mime_codecs", maintain_order=True)
    runs = [run for own in kinds for run in _told_runs(joined(own, max(step_ms, JOINED_MS)))]
    return sorted(runs, key=lambda run: int(run["start_ms"]))


def _told_runs(numbered: pl.DataFrame) -> list[dict[str, Any]]:
    return (
        numbered.group_by("number", maintain_order=True)
        .agg(
            pl.col("start_ms").min(),
            pl.col("end_ms").max(),
            pl.col("mime_codecs").first().alias("mime"),
            pl.col("codec").first(),
            pl.col("fps").first(),
        )
        .drop("number")
        .to_dicts()
    )
