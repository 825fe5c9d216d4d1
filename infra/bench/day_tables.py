"""The tables of a day of twenty cameras that was analysed, from the findings of a few segments."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import polars as pl
from deltalake import write_deltalake

from edge.clock import from_iso
from edge.segment import Segment
from flows.catalogue import delta, facts, findings
from flows.catalogue.journal import Fact
from flows.catalogue.preferred import Order
from flows.catalogue.schema import ANALYSES, DETECTIONS, MOTION, SEGMENTS, UTC_TIME, Table
from flows.site import Site
from flows.stages.chosen import Detectors
from flows.stages.lineage import lineage
from flows.vision.analysis import analyse
from infra.bench.day_footage import ACTIVE, SEGMENT_MS, Piece

CAMERAS = 20
FIRST_MS = from_iso("2026-10-01")
A_DAY = 86_400_000 // SEGMENT_MS
# One minute of so many is not quiet; other minutes at each camera.
OF = 5
_A_MINUTE = 60_000 // SEGMENT_MS


@dataclass(frozen=True, slots=True)
class Slot:
    """A camera's `number`th segment of the day, and which of the pieces it is."""

    camera: str
    number: int
    piece: int

    @property
    def start_ms(self) -> int:
        return FIRST_MS + self.number * SEGMENT_MS

    def segment(self, piece: Piece) -> Segment:
        """The piece as this camera's, of that time."""
        told = {"camera": self.camera, "start_ms": self.start_ms, "node": "local"}
        return piece.segment.model_copy(update=told)


def slots() -> Iterator[Slot]:
    """Every camera's every segment of the day. Pieces are those of `pieces`, in their order."""
    for camera in range(CAMERAS):
        for number in range(A_DAY):
            yield Slot(f"camera-{camera:02}", number, _piece(camera, number))


def _piece(camera: int, number: int) -> int:
    minute, half = divmod(number, _A_MINUTE)
    turn, rest = divmod(minute + camera, OF)
    which = turn % ACTIVE if rest == 0 else ACTIVE + minute % 2
    return _A_MINUTE * which + half


def hold(site: Site, made: list[Piece], held: list[Slot]) -> None:
    """Write rows of these slots into the tables, as if all of it had been analysed."""
    found = [_found(site, piece) for piece in made]
    placed = _placed(made, held)
    for table, own in (
        (SEGMENTS, [[facts.segment_row(_fact(piece.segment))] for piece in made]),
        (ANALYSES, [[findings.analysis_row(one)] for one in found]),
        (DETECTIONS, [list(findings.detection_rows(one)) for one in found]),
        (MOTION, [list(findings.motion_rows(one)) for one in found]),
    ):
        frame = partial(_frame, table)
        _write(site, table, _spread(table, pl.concat(map(frame, range(len(own)), own)), placed))


def _fact(segment: Segment) -> Fact:
    return facts.stored(segment, version_id="", received_ms=segment.end_ms)


def _found(site: Site, piece: Piece) -> dict[str, Any]:
    detect = site.settings.detect
    detector = Detectors(site).own(Order())
    return dict(
        findings.result(
            analyse(piece.path, detector, detect.wanted),
            segment_id=piece.segment.id,
            wall_ms=piece.segment.wall_ms,
            lineage=lineage(detector, detect, "before"),
            confidence=detect.least,
            thumbnail_key=None,
            analysed_ms=site.clock.utc_ms(),
            zones=detect.places.to_json(),
        )
    )


def _placed(made: list[Piece], held: Iterable[Slot]) -> pl.DataFrame:
    """For each slot its piece, and what its rows say otherwise than the piece's own."""
    rows = []
    for slot in held:
        piece = made[slot.piece].segment
        own = slot.segment(made[slot.piece])
        rows.append((slot.piece, own.camera, own.id, own.key, slot.start_ms - piece.start_ms))
    return pl.DataFrame(rows, ["piece", "camera", "of", "key", "later_ms"], orient="row")


def _frame(table: Table, piece: int, rows: list[Mapping[str, Any]]) -> pl.DataFrame:
    return delta.frame(table, rows).with_columns(piece=pl.lit(piece, pl.Int64))


def _spread(table: Table, rows: pl.DataFrame, placed: pl.DataFrame) -> pl.DataFrame:
    """A piece's rows for each of its slots."""
    columns = rows.drop("camera", "day", "key", strict=False).columns
    joined = rows.select(columns).join(placed, on="piece")
    later = pl.duration(milliseconds="later_ms")
    moved = [pl.col(name) + later for name, kind in table.schema.items() if kind == UTC_TIME]
    # Ids are the segment's, and what follows its digest.
    ids = pl.col("of") + pl.col("id").str.replace(r"^[^_]+_[^_]+_[^_]+_[0-9a-f]{16}", "")
    joined = joined.with_columns(*moved, id=ids, segment_id=pl.col("of"))
    return joined.with_columns(day=pl.lit("2026-10-01")).select(*table.schema)


def _write(site: Site, table: Table, rows: pl.DataFrame) -> None:
    delta.open_table(site.store, table)
    at = "at_utc" if "at_utc" in rows.columns else "start_utc"
    write_deltalake(
        site.store.delta_uri(table.path),
        rows.sort("camera", at).to_arrow(),
        mode="append",
        writer_properties=delta.WRITER,
    )
