"""A camera's minute as a sprite sheet, put together from those of its segments; WebVTT of many."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from typing import NamedTuple

from dashboards import kept
from dashboards.archive import Archive
from edge.clock import to_iso, to_ms
from edge.errors import ObjectMissing
from flows.catalogue import read
from flows.media.parts import Row
from flows.media.sprites import SECONDS, TILE_HEIGHT_PX, TILE_WIDTH_PX, Sheet, place

SECOND_MS = 1_000
MINUTE_MS = SECONDS * SECOND_MS
_COLUMNS = ("id", "camera", "start_utc", "end_utc", "key", "version_id", "init_bytes", "ranges")
_SPANS = ("id", "start_utc", "end_utc")


class Shown(NamedTuple):
    """A second of UTC and the segment that shows it."""

    at_ms: int
    segment: Row


def minute_of(at_ms: int) -> int:
    """The start (ms) of the minute that holds a moment."""
    return at_ms - at_ms % MINUTE_MS


def stored(archive: Archive, camera: str, start_ms: int) -> list[Row]:
    """The segments that show something of the minute from `start_ms`, in order.

    Raises ObjectMissing where there is none.
    """
    asked = (archive.site, camera, start_ms, start_ms + MINUTE_MS)
    rows = archive.sure(read.segments(*asked, columns=_COLUMNS)).to_dicts()
    if not rows:
        raise ObjectMissing("there is no footage of that minute", camera=camera)
    return rows


def tag(rows: list[Row]) -> str:
    """An ETag of the sheet of these: another one once footage came, went or was moved."""
    told = "".join(f"{row['id']}@{to_ms(row['start_utc'])};" for row in rows)
    return f'"{sha256(told.encode()).hexdigest()[:16]}"'


def sheet(archive: Archive, rows: list[Row], start_ms: int) -> bytes:
    """The minute's sheet as a JPEG; dark where nothing was recorded, or is to be had."""
    whole, pieces = Sheet(), dict[tuple[str, int], Sheet]()
    for at_ms, row in seconds(rows, start_ms, start_ms + MINUTE_MS):
        number, second = divmod(_second(row, at_ms), SECONDS)
        piece = row["id"], number
        if piece not in pieces:
            pieces[piece] = _piece(archive, row, number)
        whole.tile((at_ms - start_ms) // SECOND_MS)[:] = pieces[piece].tile(second)
    return whole.jpeg()


def _second(row: Row, at_ms: int) -> int:
    """Of a segment that which shows a second of UTC; its pictures may end before its time does."""
    last = row["ranges"][-1] if row["ranges"] else {"start_ms": 0, "media_ms": 1}
    most = max(last["start_ms"] + last["media_ms"] - 1, 0)
    return min(max(at_ms - to_ms(row["start_utc"]), 0), most) // SECOND_MS


def _piece(archive: Archive, row: Row, number: int) -> Sheet:
    try:
        return kept.sheet(archive.site.store, row, number)
    except ObjectMissing:  # the footage is lost or just gone; the others' is there
        return Sheet()


def seconds(rows: list[Row], start_ms: int, end_ms: int) -> Iterator[Shown]:
    """Each whole second of UTC in which there is footage, in order; of two segments the first."""
    reached = start_ms
    for row in rows:
        first = max(reached, to_ms(row["start_utc"]) // SECOND_MS * SECOND_MS)
        for at_ms in range(first, min(to_ms(row["end_utc"]), end_ms), SECOND_MS):
            yield Shown(at_ms, row)
            reached = at_ms + SECOND_MS


def webvtt(archive: Archive, camera: str, start_ms: int, end_ms: int) -> str:
    """Thumbnails of a stretch as WebVTT: a cue a second of footage, timed from its start.

    Each names a tile of a sheet as `<camera>.jpg?at=…#xywh=…`, beside this file.
    """
    begin_ms = start_ms - start_ms % SECOND_MS
    rows = archive.sure(read.segments(archive.site, camera, start_ms, end_ms, columns=_SPANS))
    cues = (
        f"{_clock(at_ms - start_ms)} --> {_clock(min(at_ms + SECOND_MS, end_ms) - start_ms)}\n"
        f"{camera}.jpg?at={to_iso(minute_of(at_ms))}#xywh={_place(at_ms)}\n"
        for at_ms, _ in seconds(rows.to_dicts(), begin_ms, end_ms)
    )
    return "\n".join(["WEBVTT\n", *cues])


def _place(at_ms: int) -> str:
    left, top = place(at_ms % MINUTE_MS // SECOND_MS)
    return f"{left},{top},{TILE_WIDTH_PX},{TILE_HEIGHT_PX}"


def _clock(ms: int) -> str:
    seconds, rest = divmod(max(ms, 0), SECOND_MS)
    return f"{seconds // 3_600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{rest:03}"
