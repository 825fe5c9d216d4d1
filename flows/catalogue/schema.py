"""The tables, their columns and units: what anyone who opens them may rely on.

Times are UTC with microseconds (whole milliseconds in practice), `day` is the UTC day of
`start_utc` as it was named (the partition; a correction of its clock moves no row to another),
boxes are 0…1 of the picture from its top left, scores 0…1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import polars as pl

Columns = Mapping[str, Any]  # name → polars data type


def _schema(columns: Columns) -> pl.Schema:
    return pl.Schema(columns)


UTC_TIME = pl.Datetime("us", "UTC")

# A byte range that starts at a keyframe, 4–10 s long: what playback asks for.
RANGE = pl.Struct(
    {
        "offset_bytes": pl.Int64,
        "size_bytes": pl.Int64,
        "start_ms": pl.Int64,  # from the segment's first picture
        "media_ms": pl.Int64,
    }
)

# C5: which analyser, with which model and configuration, in which run, said so.
LINEAGE: Columns = {
    "analyser": pl.String,
    "model_digest": pl.String,
    "config_digest": pl.String,
    "code_version": pl.String,
    "flow_run_id": pl.String,
}

# What a row is, whatever it was named: a boot and monotonic time of it. Null where not told.
IDENTITY: Columns = {
    "boot_id": pl.String,
    "monotonic_ms": pl.Int64,
}

BOX: Columns = {
    "x": pl.Float64,
    "y": pl.Float64,
    "w": pl.Float64,
    "h": pl.Float64,
}

PLACE = pl.Struct({"at_utc": UTC_TIME, "x": pl.Float64, "y": pl.Float64})


class Status(StrEnum):
    """Where a segment's footage is."""

    STORED = "stored"
    EXPIRED = "expired"
    SET_ASIDE = "set_aside"


@dataclass(frozen=True, slots=True)
class Table:
    """A Delta table under `catalogue/`: one row per `id`."""

    name: str
    schema: pl.Schema

    @property
    def path(self) -> str:
        return f"catalogue/{self.name}"


SEGMENTS = Table(
    "segments",
    _schema(
        {
            "id": pl.String,
            "status": pl.String,
            "camera": pl.String,
            "node": pl.String,
            "start_utc": UTC_TIME,
            "end_utc": UTC_TIME,
            "received_utc": UTC_TIME,  # the store's own time of arrival
            "media_ms": pl.Int64,
            "wall_ms": pl.Int64,
            "key": pl.String,
            "version_id": pl.String,  # "" in a store without versions
            "size_bytes": pl.Int64,
            "sha256": pl.String,
            "codec": pl.String,
            "mime_codecs": pl.String,
            "width": pl.Int64,
            "height": pl.Int64,
            "fps": pl.Float64,
            "origin": pl.String,  # recorded or imported
            "init_bytes": pl.Int64,  # the init section's length, from 0
            "ranges": pl.List(RANGE),
            "reason": pl.String,  # why set aside or expired
            "day": pl.String,
            "rung": pl.String,  # "720p 4000k", "main", "sub"; null where there is but one
            "fallback": pl.Boolean,  # a stand-in's, not the camera's own; null where not
            **IDENTITY,
            "synchronised": pl.Boolean,  # NTP stands for its times; null where that was not told
            "still": pl.Boolean,  # packet sizes say that nothing moved; null where they don't tell
        }
    ),
)

GAPS = Table(
    "gaps",
    _schema(
        {
            "id": pl.String,
            "camera": pl.String,
            "node": pl.String,
            "start_utc": UTC_TIME,
            "end_utc": UTC_TIME,
            "cause": pl.String,
            "detail": pl.String,
            "day": pl.String,
            **IDENTITY,  # of its end
            "from_boot_id": pl.String,  # where it began in another boot
            "from_monotonic_ms": pl.Int64,
        }
    ),
)

# What was learned of a boot's clock later. Rows of what it speaks of tell corrected times; their
# ids, keys and days stay as they were named.
CORRECTIONS = Table(
    "corrections",
    _schema(
        {
            "id": pl.String,  # <camera>_<boot>_<number>_<until>_<zero>
            "camera": pl.String,
            "node": pl.String,
            "boot_id": pl.String,
            "since_ms": pl.Int64,  # in that boot's monotonic time, as until_ms
            "until_ms": pl.Int64,
            "zero_ms": pl.Int64,  # UTC of its 0
            "number": pl.Int64,  # of several for the same time the highest holds
            "synchronised": pl.Boolean,
            "at_utc": UTC_TIME,
            "day": pl.String,
        }
    ),
)

# One row a segment and analyser: what was analysed, whatever was found.
ANALYSES = Table(
    "analyses",
    _schema(
        {
            "id": pl.String,  # <segment id>/<analyser>/<model digest 16>/<config digest 16>
            "segment_id": pl.String,
            "camera": pl.String,
            "start_utc": UTC_TIME,
            "end_utc": UTC_TIME,
            **LINEAGE,
            "confidence": pl.Float64,  # the least score that was looked for
            "analysed_utc": UTC_TIME,
            "cpu_ms": pl.Int64,
            "frames": pl.Int64,
            "decoded_frames": pl.Int64,
            "thumbnail_key": pl.String,
            "day": pl.String,
            # That were in force then, as flows/vision/zones.py spells them; "" for none, null in
            # rows of before. Events are told by these, so that tables fold again to the same (C4).
            "zones": pl.String,
        }
    ),
)

DETECTIONS = Table(
    "detections",
    _schema(
        {
            "id": pl.String,  # <analysis id>/<number>
            "segment_id": pl.String,
            "camera": pl.String,
            "at_utc": UTC_TIME,
            "label": pl.String,
            "score": pl.Float64,
            **BOX,
            "moved": pl.Float64,  # share of the box in which something moved then
            **LINEAGE,
            "day": pl.String,
            "at_ms": pl.Int64,  # from the segment's first picture; null in rows of before
        }
    ),
)

MOTION = Table(
    "motion",
    _schema(
        {
            "id": pl.String,  # <analysis id>/<number>
            "segment_id": pl.String,
            "camera": pl.String,
            "start_utc": UTC_TIME,
            "end_utc": UTC_TIME,
            "score": pl.Float64,
            **BOX,
            **LINEAGE,
            "day": pl.String,
            "start_ms": pl.Int64,  # from the segment's first picture; null in rows of before
        }
    ),
)

EVENTS = Table(
    "events",
    _schema(
        {
            "id": pl.String,  # <camera>_<label>_<model digest 16>_<start ms>
            "camera": pl.String,
            "label": pl.String,
            "start_utc": UTC_TIME,
            "end_utc": UTC_TIME,
            "score": pl.Float64,
            "count": pl.Int64,  # the largest number seen at once
            "segment_id": pl.String,  # of its best picture
            "best_utc": UTC_TIME,
            **BOX,
            **LINEAGE,
            "day": pl.String,
            # Who else looked at that segment, each `<analyser>/<model digest 16>`, in order: so
            # one row tells whether a model that comes before its own has spoken there. Null in
            # rows of before, whose ids name no model.
            "other_models": pl.List(pl.String),
            "zones": pl.List(pl.String),  # that it touched, in order; null in rows of before
            "path": pl.List(PLACE),  # the way of one of them, as few places; null in rows of before
        }
    ),
)

# Which models answer: what was promoted and demoted, ever. Of several rows that speak of the
# same model and camera the newest holds.
PROMOTIONS = Table(
    "promotions",
    _schema(
        {
            "id": pl.String,  # <at ms>_<model digest 16>_<camera or *>
            "model": pl.String,
            "model_digest": pl.String,
            "camera": pl.String,  # "" means all
            "promoted": pl.Boolean,  # false: demoted
            "at_utc": UTC_TIME,
            "day": pl.String,
        }
    ),
)

# What could not be processed: kept with its bytes and the reason, put back by `replay`.
SET_ASIDE = Table(
    "set_aside",
    _schema(
        {
            "id": pl.String,  # <stage>/<key of the receipt or batch, id of the segment>[/<model>]
            "stage": pl.String,  # ingest, fold, analyse or backfill
            "camera": pl.String,
            "key": pl.String,
            "reason": pl.String,
            "attempts": pl.Int64,
            "at_utc": UTC_TIME,
            "state": pl.String,  # failing, set_aside, replayed or resolved
            "day": pl.String,  # of the segment's start, the receipt's stamp, the batch
        }
    ),
)

HOLDS = Table(
    "holds",
    _schema(
        {
            "id": pl.String,
            "camera": pl.String,
            "start_utc": UTC_TIME,
            "end_utc": UTC_TIME,
            "placed_utc": UTC_TIME,
            "released_utc": UTC_TIME,  # null while it holds
            "reason": pl.String,
            "day": pl.String,
        }
    ),
)

EXPIRIES = Table(
    "expiries",
    _schema(
        {
            "id": pl.String,  # the segment's
            "camera": pl.String,
            "key": pl.String,
            "start_utc": UTC_TIME,
            "received_utc": UTC_TIME,
            "policy_days": pl.Float64,
            "reason": pl.String,
            "plan": pl.String,  # key of the journalled intent (D3)
            "expired_utc": UTC_TIME,
            "size_bytes": pl.Int64,
            "day": pl.String,
        }
    ),
)

# Which batches of the journal the tables hold.
FOLDS = Table(
    "folds",
    _schema(
        {
            "id": pl.String,  # the batch's key
            "kind": pl.String,
            "rows": pl.Int64,
            "folded_utc": UTC_TIME,
            "day": pl.String,  # the journal's
        }
    ),
)

# Columns that a fold fills which older versions did not know: null in the rows those wrote.
LATER: Mapping[str, tuple[str, ...]] = {
    SEGMENTS.name: (*IDENTITY, "synchronised", "still"),
    DETECTIONS.name: ("at_ms",),
    MOTION.name: ("start_ms",),
    ANALYSES.name: ("zones",),
    EVENTS.name: ("other_models", "zones", "path"),
}

TABLES = (
    SEGMENTS,
    GAPS,
    CORRECTIONS,
    ANALYSES,
    DETECTIONS,
    MOTION,
    EVENTS,
    PROMOTIONS,
    SET_ASIDE,
    HOLDS,
    EXPIRIES,
    FOLDS,
)
