"""Events told again for the stretches of time that a fold touched.

Events are a pure function of what one model saw of a camera, and of its motion; each model's are
told, and which of them answer is for whoever reads (`preferred`). What is more than
`boundary_gap_ms` apart, or across a hole in the recording, has nothing to do with each other,
so only the touched stretches, widened until nothing open crosses their ends, are told again
and replaced in one commit: batches in any order come to the same events.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property, lru_cache
from operator import itemgetter

import polars as pl

from edge.clock import to_day, to_utc
from edge.segment import SegmentName
from flows.catalogue import delta, facts, placing, preferred, read
from flows.catalogue.journal import Fact
from flows.catalogue.schema import (
    ANALYSES,
    DETECTIONS,
    EVENTS,
    LINEAGE,
    MOTION,
    PROMOTIONS,
    SEGMENTS,
    Table,
)
from flows.site import Site
from flows.vision.detector import Box
from flows.vision.events import HOLE_MS, Event, MotionAt, SeenAt, boundary_gap_ms, events
from flows.vision.quiet import Quiet
from flows.vision.tracks import STILL_MS, stands
from flows.vision.zones import from_json

Span = tuple[int, int]

# How far a stretch is followed: something seen without a break for longer is told in parts.
REACH_MS = 12 * 3_600_000
# An event's bounds follow the motion around its sightings, so far at most.
_MARGIN_MS = 5_000
_DAY_MS = 86_400_000
# Pictures may go on after a segment's time by the wall clock: cameras drift.
_LOOSE_MS = 60_000


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
    near = _merged((start - boundary_gap_ms, end + boundary_gap_ms) for start, end in spans)
    days = _days(near) + (_named_days(site, camera, near) if corrected else [])
    known = _Known(site, camera, sorted(set(days)))
    old = known.rows(EVENTS)
    clusters = [one for looker in known.lookers for one in looker.clusters]
    near = _widened(near, clusters + _spans(old))
    told = [row for looker in known.lookers for row in _told(known, looker, near)]
    written = delta.frame(EVENTS, told).with_columns(gone=pl.lit(False))
    stale = old.filter([_meets(one, near) for one in _spans(old)])
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


class _Known:
    """What the tables hold of a camera's days."""

    def __init__(self, site: Site, camera: str, days: list[str]) -> None:
        self._site, self.camera, self._days = site, camera, days
        segments = self.rows(SEGMENTS)
        # Of footage that is not here yet nobody knows when it was; it is told when it comes.
        analyses = self.rows(ANALYSES).filter(pl.col("segment_id").is_in(segments["id"].implode()))
        self._begun = segments.select(segment_id="id", begun="start_utc", ended="end_utc")
        self.covered = _spans(segments)
        self.tags = _tags(analyses)
        seen, stretches = self.rows(DETECTIONS), _merged(self.covered, HOLE_MS)
        self.lookers = [
            _Looker(self, one, seen, stretches)
            for one in analyses.sort("model_digest").partition_by("model_digest")
        ]

    @cached_property
    def motion(self) -> pl.DataFrame:
        """Every piece of motion, in no order."""
        return self.rows(MOTION)

    def rows(self, table: Table) -> pl.DataFrame:
        """The camera's rows of a table."""
        found = delta.find(self._site.store, table)
        if found is None:
            return pl.DataFrame(schema=table.schema).drop("day")
        rows = delta.rows_of(self._site.store, found, self._days)
        # Doubled rows are the audit's to find; here they count once.
        return rows.filter(pl.col("camera") == self.camera).collect().unique("id")

    def within(self, found: pl.DataFrame, current: pl.DataFrame, first: str) -> pl.DataFrame:
        """What these analyses found, where it lies in its footage.

        Beside a fold that moves footage to its corrected time some may not, for a moment: that
        fold tells of it when all of it is moved.
        """
        of = ["segment_id", "analyser", "model_digest", "config_digest"]
        near = pl.col(first).is_between(
            pl.col("begun") - pl.duration(milliseconds=_LOOSE_MS),
            pl.col("ended") + pl.duration(milliseconds=_LOOSE_MS),
        )
        own = found.join(current, on=of, how="semi").join(self._begun, "segment_id")
        return own.filter(near).drop("begun", "ended")


class _Looker:
    """What one model found in a camera's days, by its newest analysis of each segment."""

    def __init__(
        self, known: _Known, analyses: pl.DataFrame, seen: pl.DataFrame, stretches: list[Span]
    ) -> None:
        self.current = analyses.sort("analysed_utc", "id").unique("segment_id", keep="last")
        self.confidence: float = self.current["confidence"].min() or 0.0  # type: ignore[assignment]
        found = known.within(seen, self.current, "at_utc").sort("at_utc")
        zones = dict(self.current.select("segment_id", "zones").iter_rows())
        self.seen = list(_sightings(found, zones))
        # Of what was not decoded its packets told that nothing moved there.
        self.quiet = _spans(self.current.filter(pl.col("decoded_frames") == 0))
        self.clusters = _clusters(self.seen, stretches, Quiet(self.quiet))


def _tags(analyses: pl.DataFrame) -> dict[str, set[str]]:
    """Who looked at each segment, as `other_models` names them."""
    tags: dict[str, set[str]] = {}
    of = analyses.select("segment_id", "analyser", "model_digest").unique()
    for segment_id, analyser, digest in of.iter_rows():
        tags.setdefault(segment_id, set()).add(preferred.tag(analyser, digest))
    return tags


def _told(known: _Known, looker: _Looker, near: list[Span]) -> list[facts.Row]:
    clusters = [one for one in looker.clusters if _meets(one, near)]
    if not clusters:
        return []
    lineage = {row["segment_id"]: row for row in looker.current.iter_rows(named=True)}
    around = _merged((start - _MARGIN_MS, end + _MARGIN_MS) for start, end in clusters)
    moves = _moves(known.within(known.motion, looker.current, "start_utc"))
    found = events(
        [one for one in looker.seen if _meets((one.at_ms, one.at_ms), clusters)],
        [one for one in moves if _meets((one.start_ms, one.end_ms), around)],
        known.covered,
        looker.confidence,
        looker.quiet,
    )
    return [_row(known, one, lineage[one.best_segment_id]) for one in found]


def _row(known: _Known, event: Event, lineage: Mapping[str, str]) -> facts.Row:
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


_places = lru_cache(maxsize=256)(from_json)


def _sightings(seen: pl.DataFrame, zones: Mapping[str, str | None]) -> Iterator[SeenAt]:
    """In the order of the rows; `zones` are those in force in each segment, as spelled."""
    columns = ("segment_id", "label", "score", "x", "y", "w", "h", "moved")
    rows = seen.select(columns).iter_rows()
    for at_ms, (segment, label, score, x, y, w, h, moved) in zip(
        _ms(seen["at_utc"]), rows, strict=True
    ):
        box, told = Box(x, y, w, h), zones[segment]
        if not told:
            yield SeenAt(segment, at_ms, label, score, box, moved)
            continue
        touched = _places(told).touched(box)
        counts = _places(told).count(label, touched)
        yield SeenAt(segment, at_ms, label, score, box, moved, touched, counts)


def _moves(motion: pl.DataFrame) -> Iterator[MotionAt]:
    rows = motion.select("score", "x", "y", "w", "h").iter_rows()
    for (start, end), (score, *box) in zip(_spans(motion), rows, strict=True):
        yield MotionAt(start, end, score, Box(*box))


def _ms(times: pl.Series) -> list[int]:
    return times.dt.epoch("ms").to_list()


def _spans(rows: pl.DataFrame) -> list[Span]:
    return list(zip(_ms(rows["start_utc"]), _ms(rows["end_utc"]), strict=True))


def _clusters(seen: list[SeenAt], stretches: list[Span], quiet: Quiet) -> list[Span]:
    """Sorted sightings as the spans that have to do with each other, in order of time."""
    starts = [start for start, _ in stretches]
    clusters: list[Span] = []
    still_ms = -(10**15)
    for one in seen:
        at_ms = one.at_ms
        first, last = clusters[-1] if clusters else (0, -(10**15))
        apart = bisect_right(starts, at_ms) != bisect_right(starts, last)
        near = at_ms - last <= boundary_gap_ms or quiet.bridged(still_ms, at_ms, STILL_MS)
        if near and not apart:
            clusters[-1] = (first, at_ms)
        else:
            clusters.append((at_ms, at_ms))
        still_ms = at_ms if stands(one) else still_ms
    return clusters


def _widened(near: list[Span], items: list[Span]) -> list[Span]:
    """The spans with all they meet, and what that meets, until nothing crosses their ends."""
    while True:
        wider = _merged([*near, *(one for one in items if _meets(one, near))])
        if wider == near:
            return near
        near = wider


def _merged(spans: Iterable[Span], hole_ms: int = 0) -> list[Span]:
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start - merged[-1][1] <= hole_ms:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged


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
