"""Whether a batch makes rows at all: what an older or newer version wrote may not."""

from __future__ import annotations

import polars as pl

from edge.errors import BadName
from edge.segment import SegmentName
from flows.catalogue import delta, facts, findings, stretch
from flows.catalogue.journal import Batch, Kind
from flows.catalogue.schema import (
    ANALYSES,
    CORRECTIONS,
    DETECTIONS,
    EXPIRIES,
    GAPS,
    HOLDS,
    MOTION,
    PROMOTIONS,
    SEGMENTS,
    SET_ASIDE,
)

# What a fact provokes that makes no row.
NONE = (
    *(KeyError, TypeError, ValueError, AttributeError, ArithmeticError),
    *(BadName, pl.exceptions.PolarsError),
)


def why_none(batch: Batch) -> str | None:
    """Why a batch makes no rows; None where it does. No table and no store is asked."""
    try:
        _make(batch)
    except NONE as error:
        return f"{type(error).__name__}: {error}"
    return None


def _make(batch: Batch) -> None:
    told = batch.facts
    match batch.kind:
        case Kind.SEGMENTS:
            delta.frame(SEGMENTS, map(facts.segment_row, told))
            stretch.touched(told, [])
        case Kind.GAPS:
            delta.frame(GAPS, map(facts.gap_row, told))
        case Kind.CORRECTIONS:
            delta.frame(CORRECTIONS, map(facts.correction_row, told))
        case Kind.RESULTS:
            _results(batch)
        case Kind.FAILURES:
            delta.frame(SET_ASIDE, map(facts.failure_row, told))
            for fact in (one for one in told if one["stage"] == "analyse"):
                SegmentName.from_file(fact["subject"] + ".mp4")
        case Kind.HOLDS:
            delta.frame(HOLDS, map(facts.hold_row, told))
        case Kind.EXPIRIES:
            delta.frame(EXPIRIES, map(facts.expiry_row, told))
        case Kind.PROMOTIONS:
            delta.frame(PROMOTIONS, map(facts.promotion_row, told))


def _results(batch: Batch) -> None:
    told = batch.facts
    sorted((fact["analysed_ms"], fact["flow_run_id"], findings.id_of(fact)) for fact in told)
    delta.frame(ANALYSES, map(findings.analysis_row, told))
    delta.frame(DETECTIONS, (row for fact in told for row in findings.detection_rows(fact)))
    delta.frame(MOTION, (row for fact in told for row in findings.motion_rows(fact)))
    stretch.touched([], told)
