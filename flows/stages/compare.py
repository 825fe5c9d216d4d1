"""What one model finds and the other doesn't, per camera, in footage that both looked at."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any

import polars as pl

from edge.clock import to_ms
from edge.errors import BadMedia, BadName, LivecamError, ObjectMissing
from flows.catalogue import preferred, read
from flows.catalogue.preferred import Model
from flows.catalogue.schema import ANALYSES, EVENTS, SEGMENTS, Status
from flows.media.crop import crop
from flows.media.parts import moment
from flows.site import Site
from flows.vision.detector import Box

# Two models see the same visit begin and end a little apart.
SLACK_MS = 1_000
WIDTH_PX = 320

Row = dict[str, Any]


@dataclass(slots=True)
class Compared:
    """One camera's: `both` counts events of the first that the second has too.

    `segments` and `footage_ms` are what both looked at; events elsewhere count for nothing.
    """

    camera: str
    segments: int = 0
    footage_ms: int = 0
    both: int = 0
    only_a: list[Row] = field(default_factory=list)
    only_b: list[Row] = field(default_factory=list)


def compare(
    site: Site,
    a: Model,
    b: Model,
    cameras: Sequence[str] = (),
    start_ms: int | None = None,
    end_ms: int | None = None,
) -> list[Compared]:
    """By camera, in order of name; rows are those of `events`, in order of time.

    Two events are the same where label and time agree, give or take SLACK_MS.
    """
    if a.digest == b.digest:
        raise BadName(f"{a.name} and {b.name} are the same model", hint="Name two")
    found = _footage(site, a, b, cameras, start_ms, end_ms)
    events = read.rows(
        site,
        EVENTS,
        cameras=cameras or None,
        start_ms=start_ms,
        end_ms=end_ms,
        where=pl.col("model_digest").is_in([a.digest, b.digest]),
    )
    for camera, own in sorted(events.partition_by("camera", as_dict=True).items()):
        if (one := found.get(str(camera[0]))) is not None:
            _events(one, _of(own, a, b), _of(own, b, a))
    return [one for _, one in sorted(found.items())]


def _footage(
    site: Site,
    a: Model,
    b: Model,
    cameras: Sequence[str],
    start_ms: int | None,
    end_ms: int | None,
) -> dict[str, Compared]:
    """What both looked at, by camera."""
    rows = read.rows(
        site,
        ANALYSES,
        cameras=cameras or None,
        start_ms=start_ms,
        end_ms=end_ms,
        where=pl.col("model_digest").is_in([a.digest, b.digest]),
        columns=("segment_id", "camera", "model_digest", "start_utc", "end_utc"),
    )
    length = (pl.col("end_utc") - pl.col("start_utc")).dt.total_milliseconds()
    each = rows.group_by("segment_id", "camera").agg(
        pl.col("model_digest").n_unique().alias("models"), length.max().alias("length")
    )
    both = each.filter(pl.col("models") == 2).group_by("camera")
    told = both.agg(pl.len().alias("segments"), pl.col("length").sum())
    return {one: Compared(one, segments, ms) for one, segments, ms in told.iter_rows()}


def _of(events: pl.DataFrame, own: Model, other: Model) -> list[Row]:
    """A model's events where the other has looked too."""
    tag = preferred.tag(other.name, other.digest)
    mine = events.filter(model_digest=own.digest)
    return mine.filter(pl.col("other_models").list.contains(tag)).to_dicts()


def _events(one: Compared, a: list[Row], b: list[Row]) -> None:
    one.only_a, one.only_b = _missing(a, b), _missing(b, a)
    one.both = len(a) - len(one.only_a)


def _missing(own: list[Row], others: Iterable[Row]) -> list[Row]:
    """Those of `own` that none of the others is the same as."""
    spans: dict[str, list[tuple[int, int]]] = {}
    for row in others:
        spans.setdefault(row["label"], []).append(_span(row))
    by = {label: _Spans(found) for label, found in spans.items()}
    return [row for row in own if row["label"] not in by or not by[row["label"]].meet(_span(row))]


class _Spans:
    """Stretches of time, asked whether one of them meets another."""

    def __init__(self, spans: list[tuple[int, int]]) -> None:
        spans.sort()
        self._starts = [start for start, _ in spans]
        self._reached = list(accumulate((end for _, end in spans), max))

    def meet(self, span: tuple[int, int]) -> bool:
        at = bisect_right(self._starts, span[1] + SLACK_MS)
        return at > 0 and self._reached[at - 1] >= span[0] - SLACK_MS


def _span(row: Row) -> tuple[int, int]:
    return to_ms(row["start_utc"]), to_ms(row["end_utc"])


def picture(site: Site, event: Row) -> bytes | None:
    """What an event's best moment shows, as a JPEG; None where its footage is not to be had."""
    try:
        return _picture(site, event)
    except (ObjectMissing, BadMedia):
        return None
    except LivecamError as error:
        error.camera = event["camera"]
        raise


def _picture(site: Site, event: Row) -> bytes:
    stored = pl.col("status") == str(Status.STORED)
    rows = read.of_segment(site, SEGMENTS, event["segment_id"], where=stored)
    if rows.is_empty():
        raise ObjectMissing("the footage is not stored", key=event["segment_id"])
    row = rows.row(0, named=True)
    at_ms = to_ms(event["best_utc"]) - to_ms(row["start_utc"])
    box = Box(*(event[name] for name in ("x", "y", "w", "h")))
    return crop(*moment(site.store, row, at_ms), box, WIDTH_PX)
