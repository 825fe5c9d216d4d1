"""What models found in a camera's days, as the tables hold it: what events are told of."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property, lru_cache

import polars as pl

from edge.clock import to_utc
from flows.catalogue import delta, preferred
from flows.catalogue.schema import ANALYSES, DETECTIONS, MOTION, SEGMENTS, Table
from flows.site import Site
from flows.vision.detector import Box
from flows.vision.events import HOLE_MS, MotionAt, SeenAt, boundary_gap_ms
from flows.vision.links import links
from flows.vision.tracks import MotionIndex
from flows.vision.zones import from_json

Span = tuple[int, int]

# Pictures may go on after a segment's time by the wall clock: cameras drift.
_LOOSE_MS = 60_000


class Known:
    """What the tables hold of a camera's days."""

    def __init__(self, site: Site, camera: str, days: list[str]) -> None:
        self._site, self.camera, self._days = site, camera, days
        segments = self.rows(SEGMENTS)
        # Of footage that is not here yet nobody knows when it was; it is told when it comes.
        analyses = self.rows(ANALYSES).filter(pl.col("segment_id").is_in(segments["id"].implode()))
        self._begun = segments.select(segment_id="id", begun="start_utc", ended="end_utc")
        self.covered = times_of(segments)
        self.tags = _tags(analyses)
        self.stretches = merged(self.covered, HOLE_MS)
        seen = self.rows(DETECTIONS)
        self.lookers = [
            Looker(self, one, seen)
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


class Looker:
    """What one model found in a camera's days, by its newest analysis of each segment.

    `seen`, `moves`, `clusters` and `links` are those of the time that was last asked for.
    """

    def __init__(self, known: Known, analyses: pl.DataFrame, seen: pl.DataFrame) -> None:
        self.current = analyses.sort("analysed_utc", "id").unique("segment_id", keep="last")
        self.confidence: float = self.current["confidence"].min() or 0.0  # type: ignore[assignment]
        self._stretches = known.stretches
        self._seen = known.within(seen, self.current, "at_utc").sort("at_utc")
        self._moves = known.within(known.motion, self.current, "start_utc")
        self._zones = dict(self.current.select("segment_id", "zones").iter_rows())

    def look(self, window: Span) -> None:
        """Take what was found in this time: all of some days would be slow to look through."""
        start, end = (to_utc(max(ms, 0)) for ms in window)
        seen = self._seen.filter(pl.col("at_utc").is_between(start, end))
        moves = self._moves.filter(pl.col("start_utc").is_between(start, end))
        self.seen, self.moves = list(_sightings(seen, self._zones)), list(_moves(moves))
        self.clusters = _clusters([one.at_ms for one in self.seen], self._stretches)
        self.links = links(self.seen, self.clusters, MotionIndex(self.moves))


def _tags(analyses: pl.DataFrame) -> dict[str, set[str]]:
    """Who looked at each segment, as `other_models` names them."""
    tags: dict[str, set[str]] = {}
    of = analyses.select("segment_id", "analyser", "model_digest").unique()
    for segment_id, analyser, digest in of.iter_rows():
        tags.setdefault(segment_id, set()).add(preferred.tag(analyser, digest))
    return tags


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
    for (start, end), (score, *box) in zip(times_of(motion), rows, strict=True):
        yield MotionAt(start, end, score, Box(*box))


def _ms(times: pl.Series) -> list[int]:
    return times.dt.epoch("ms").to_list()


def times_of(rows: pl.DataFrame) -> list[Span]:
    """From when to when each row tells of, in the rows' order."""
    return list(zip(_ms(rows["start_utc"]), _ms(rows["end_utc"]), strict=True))


def _clusters(times: list[int], stretches: list[Span]) -> list[Span]:
    """Sorted sightings as the spans that have to do with each other, in order of time."""
    starts = [start for start, _ in stretches]
    clusters: list[Span] = []
    for at_ms in times:
        first, last = clusters[-1] if clusters else (0, -(10**15))
        apart = bisect_right(starts, at_ms) != bisect_right(starts, last)
        if apart or at_ms - last > boundary_gap_ms:
            clusters.append((at_ms, at_ms))
        else:
            clusters[-1] = (first, at_ms)
    return clusters


def merged(given: Iterable[Span], hole_ms: int = 0) -> list[Span]:
    """The same time in order and apart, across holes of so much; ends are included."""
    found: list[Span] = []
    for start, end in sorted(given):
        if found and start - found[-1][1] <= hole_ms:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return found
