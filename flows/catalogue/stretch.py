"""Events told again for the stretches of time that a fold touched.

Events are a pure function of what one model saw of a camera, and of its motion; each model's are
told, and which of them answer is for whoever reads (`preferred`). What is more than
`boundary_gap_ms` apart, or across a hole in the recording, has nothing to do with each other
unless somebody stood there (`links`), so only the touched stretches, widened until nothing open
crosses their ends, are told again and replaced in one commit: batches in any order come to the same
events.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from operator import itemgetter

import polars as pl

from edge.clock import to_day, to_utc
from edge.segment import SegmentName
from flows.catalogue import delta, facts, placing, preferred, read
from flows.catalogue.journal import Fact
from flows.catalogue.looked import Known, Looker, Span, merged, times_of
from flows.catalogue.schema import (
    EVENTS,
    LINEAGE,
    PROMOTIONS,
    SEGMENTS,
)
from flows.site import Site
from flows.vision.events import STAYS_MS, Event, boundary_gap_ms, events
from flows.vision.links import Link
from flows.vision.tracks import STANDS_MS

# How far a stretch is followed: something seen without a break for longer is told in parts.
REACH_MS = 12 * 3_600_000
# An event's bounds follow the motion around its sightings, so far at most.
_MARGIN_MS = STAYS_MS + 5_000
_DAY_MS = 86_400_000
# What is further from all that is told has nothing to do with it.
_LINKED_MS = STANDS_MS + boundary_gap_ms
# How far is looked at first: mostly far enough, and a fortieth of the days that are at hand.
_AROUND_MS = 3_600_000


def touched(
    segments: Iterable[Fact], results: Iterable[Fact], moved: Mapping[str, int] | None = None
) -> dict[str, list[Span]]:
    """The time that new segments and results cover, by camera.

    `moved`: when those of the segments start that do not as they are named; what was told of
    them where they were named is told again, too.
    """
    moved = moved or {}
    spans: dict[str, list[Span]] = {}
    for fact in segments:
        one = facts.segment_of(fact)
        starts = {one.start_ms, moved.get(one.id, one.start_ms)}
        spans.setdefault(one.camera, []).extend((ms, ms + one.wall_ms) for ms in sorted(starts))
    for fact in results:
        name = SegmentName.from_file(fact["segment_id"] + ".mp4")
        starts = {name.start_ms, moved.get(name.id, name.start_ms)}
        spans.setdefault(name.camera, []).extend(
            (ms, ms + fact["wall_ms"]) for ms in sorted(starts)
        )
    return spans


def tell(site: Site, spans: Mapping[str, list[Span]]) -> None:
    """Replace the events of these stretches. Raises CommitConflict: then tell them again."""
    opened = delta.open_table(site.store, EVENTS)
    delta.open_table(site.store, PROMOTIONS)  # who asks one of them asks the other, too
    corrected = placing.timelines(site.store, list(spans))
    rows = pl.concat(
        [_camera(site, camera, own, camera in corrected) for camera, own in sorted(spans.items())]
    )
    if rows.is_empty():
        return
    columns = {name: f"s.{name}" for name in EVENTS.schema}
    differs = " or ".join(f"(s.{c} is distinct from t.{c})" for c in EVENTS.schema)
    merger = delta.merge(opened, rows).when_matched_delete("s.gone")
    merger = merger.when_matched_update(columns, predicate=differs)
    delta.execute(opened, EVENTS, merger.when_not_matched_insert(columns, predicate="not s.gone"))


def _camera(site: Site, camera: str, spans: list[Span], corrected: bool) -> pl.DataFrame:
    """A camera's events to write and, marked `gone`, those to take away."""
    near = merged((start - boundary_gap_ms, end + boundary_gap_ms) for start, end in spans)
    days = _days(near) + (_named_days(site, camera, near) if corrected else [])
    known = Known(site, camera, sorted(set(days)))
    old = known.rows(EVENTS)
    near = _settled(near, known.lookers, old)
    told = [row for looker in known.lookers for row in _told(known, looker, near)]
    written = delta.frame(EVENTS, told).with_columns(gone=pl.lit(False))
    stale = old.filter([_meets(one, near) for one in times_of(old)])
    stale = stale.join(written, "id", how="anti").with_columns(
        day=pl.col("start_utc").dt.strftime("%Y-%m-%d"), gone=pl.lit(True)
    )
    return pl.concat([written, stale.select(written.columns)])


def _named_days(site: Site, camera: str, near: list[Span]) -> list[str]:
    """Where rows of corrected footage stand: by its names, which may be of any day."""
    found = [
        read.rows(
            site,
            SEGMENTS,
            cameras=[camera],
            start_ms=max(start - REACH_MS, 0),
            end_ms=end + REACH_MS,
            columns=("id",),
        )
        for start, end in near
    ]
    return [to_day(placing.named_ms(one)) for rows in found for one in rows["id"]]


def _told(known: Known, looker: Looker, near: list[Span]) -> list[facts.Row]:
    clusters = [one for one in looker.clusters if _meets(one, near)]
    if not clusters:
        return []
    lineage = {row["segment_id"]: row for row in looker.current.iter_rows(named=True)}
    # All in between as well: who stood there may have left where nothing was seen.
    around = [(clusters[0][0] - _MARGIN_MS, clusters[-1][1] + _MARGIN_MS)]
    found = events(
        [one for one in looker.seen if _meets((one.at_ms, one.at_ms), clusters)],
        [one for one in looker.moves if _meets((one.start_ms, one.end_ms), around)],
        known.covered,
        looker.confidence,
    )
    return [_row(known, one, lineage[one.best_segment_id]) for one in found]


def _row(known: Known, event: Event, lineage: Mapping[str, str]) -> facts.Row:
    camera, model = known.camera, lineage["model_digest"]
    own = preferred.tag(lineage["analyser"], model)
    return {
        "id": f"{camera}_{event.label}_{model[:16]}_{event.start_ms}",
        "camera": camera,
        "label": event.label,
        "start_utc": to_utc(event.start_ms),
        "end_utc": to_utc(event.end_ms),
        "score": event.score,
        "count": event.count,
        "segment_id": event.best_segment_id,
        "best_utc": to_utc(event.best_at_ms),
        **{name: getattr(event.best_box, name) for name in ("x", "y", "w", "h")},
        **{name: lineage[name] for name in LINEAGE},
        "day": to_day(event.start_ms),
        "other_models": sorted(known.tags[event.best_segment_id] - {own}),
        "zones": list(event.zones),
        "path": [{"at_utc": to_utc(p.at_ms), "x": p.x, "y": p.y} for p in event.path],
    }


def _settled(near: list[Span], lookers: list[Looker], old: pl.DataFrame) -> list[Span]:
    """What is to be told again, looking no further around than it reaches."""
    around_ms = _AROUND_MS
    while True:
        window = near[0][0] - around_ms, near[-1][1] + around_ms
        for looker in lookers:
            looker.look(window)
        wider = _widened(near, lookers, old)
        inside = window[0] <= wider[0][0] - _LINKED_MS and wider[-1][1] + _LINKED_MS <= window[1]
        if inside or around_ms >= REACH_MS:
            return wider
        around_ms *= 4


def _widened(near: list[Span], lookers: list[Looker], old: pl.DataFrame) -> list[Span]:
    """The spans with all they meet, and what that meets, until nothing crosses their ends.

    Who stands in a place is somebody where there is an event, or may be one that is told now;
    else it is furniture, and no reason to look further.
    """
    every = [link for looker in lookers for link in looker.links]
    known = {of[0]: merged(times_of(rows)) for of, rows in old.group_by("label")}
    items = times_of(old) + [one for looker in lookers for one in looker.clusters]
    items += [
        _reach(link)
        for link in every
        if not link.counts or _stands_in(link, known.get(link.label, []))
    ]
    while True:
        found = [_reach(link) for link in every if _stands_in(link, near)]
        wider = merged([*near, *found, *(one for one in items if _meets(one, near))])
        if wider == near:
            return near
        near = wider


def _stands_in(link: Link, spans: list[Span]) -> bool:
    return _meets((link.since_ms, link.last_ms), spans)


def _reach(link: Link) -> Span:
    return link.since_ms, link.until_ms


def _meets(span: Span, spans: list[Span]) -> bool:
    """Whether a span touches any of these, which are in order and apart."""
    at = bisect_right(spans, span[1], key=itemgetter(0))
    return at > 0 and spans[at - 1][1] >= span[0]


def _days(spans: list[Span]) -> list[str]:
    return sorted(
        {
            to_day(at_ms)
            for start, end in spans
            for at_ms in (*range(max(start - REACH_MS, 0), end + REACH_MS, _DAY_MS), end + REACH_MS)
        }
    )
