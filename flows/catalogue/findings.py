"""One analysis of one segment: the fact it is journalled as, and the rows that become of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from edge.clock import to_day, to_utc
from edge.segment import SegmentName
from flows.catalogue import derived
from flows.catalogue.derived import Made
from flows.catalogue.journal import Fact
from flows.catalogue.schema import LINEAGE

if TYPE_CHECKING:  # the analysis brings OpenCV along, which a fold has no use for
    from flows.vision.analysis import Analysis, Motion, Seen

Row = dict[str, Any]


def result(
    analysis: Analysis,
    *,
    segment_id: str,
    wall_ms: int,
    lineage: dict[str, str],
    confidence: float,
    thumbnail_key: str | None,
    analysed_ms: int,
    zones: str = "",
) -> Fact:
    """Kind `results`: what one analyser found in one segment, with its lineage (C5).

    `lineage` holds the columns of `schema.LINEAGE`; times in `seen` and `motion` are ms from
    the segment's first picture. `zones` are the camera's, as `Zones.to_json` spells them.
    """
    return {
        "segment_id": segment_id,
        "wall_ms": wall_ms,
        **{name: lineage[name] for name in LINEAGE},
        "confidence": confidence,
        "analysed_ms": analysed_ms,
        "cpu_ms": analysis.cpu_ms,
        "frames": analysis.frames,
        "decoded_frames": analysis.decoded_frames,
        "thumbnail_key": thumbnail_key,
        "zones": zones,
        "seen": [_seen(one) for one in analysis.seen],
        "motion": [_motion(one) for one in analysis.motion],
    }


def thumbnail_key(segment_id: str) -> str:
    """Where a segment's thumbnail lies in the livecam bucket."""
    return derived.key(Made.THUMBNAILS, segment_id)


def analysis_id(segment_id: str, analyser: str, model_digest: str, config_digest: str) -> str:
    """The row's id in `analyses`: the same work done twice is one."""
    return f"{segment_id}/{analyser}/{model_digest[:16]}/{config_digest[:16]}"


def id_of(fact: Fact) -> str:
    """The id in `analyses` of a fact of kind `results`."""
    return analysis_id(
        fact["segment_id"], fact["analyser"], fact["model_digest"], fact["config_digest"]
    )


def _box(one: Seen | Motion) -> Row:
    return {name: round(getattr(one.box, name), 5) for name in ("x", "y", "w", "h")}


def _seen(one: Seen) -> Row:
    return {
        "at_ms": one.at_ms,
        "label": one.label,
        "score": one.score,
        "moved": one.moved,
        **_box(one),
    }


def _motion(one: Motion) -> Row:
    return {
        "start_ms": one.start_ms,
        "end_ms": one.end_ms,
        "score": round(one.score, 5),
        **_box(one),
    }


def analysis_row(fact: Fact) -> Row:
    """A row of `analyses`."""
    name = SegmentName.from_file(fact["segment_id"] + ".mp4")
    same = ("segment_id", *LINEAGE, "confidence", "cpu_ms", "frames", "decoded_frames")
    return {
        **{column: fact[column] for column in (*same, "thumbnail_key")},
        "id": id_of(fact),
        "camera": name.camera,
        "start_utc": to_utc(name.start_ms),
        "end_utc": to_utc(name.start_ms + fact["wall_ms"]),
        "analysed_utc": to_utc(fact["analysed_ms"]),
        "zones": fact.get("zones"),
        "day": to_day(name.start_ms),
    }


def detection_rows(fact: Fact) -> Iterator[Row]:
    """Rows of `detections`, one an object and picture."""
    for number, one in enumerate(fact["seen"]):
        row, start_ms = _shared(fact, number)
        at_ms = start_ms + one["at_ms"]
        same = {name: one[name] for name in ("label", "score", "moved", "x", "y", "w", "h")}
        told = {"at_utc": to_utc(at_ms), "day": to_day(at_ms), "at_ms": one["at_ms"]}
        yield {**row, **same, **told}


def motion_rows(fact: Fact) -> Iterator[Row]:
    """Rows of `motion`, one a piece."""
    for number, one in enumerate(fact["motion"]):
        row, start_ms = _shared(fact, number)
        yield {
            **row,
            **{name: one[name] for name in ("score", "x", "y", "w", "h")},
            "start_utc": to_utc(start_ms + one["start_ms"]),
            "end_utc": to_utc(start_ms + one["end_ms"]),
            "day": to_day(start_ms + one["start_ms"]),
            "start_ms": one["start_ms"],
        }


def _shared(fact: Fact, number: int) -> tuple[Row, int]:
    name = SegmentName.from_file(fact["segment_id"] + ".mp4")
    row = {
        "id": f"{id_of(fact)}/{number}",
        "segment_id": fact["segment_id"],
        "camera": name.camera,
        **{column: fact[column] for column in LINEAGE},
    }
    return row, name.start_ms
