"""What a request may say: names, times and stretches, checked before anything is read."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import Annotated, NamedTuple

from fastapi import Depends, Path, Query
from fastapi.exceptions import RequestValidationError
from pydantic import AfterValidator, BeforeValidator, WithJsonSchema

from edge.clock import from_iso, to_iso
from edge.segment import NAME_PATTERN, SUFFIX, SegmentName, check_name

DAY_MS = 86_400_000
ID_PATTERN = NAME_PATTERN[:-1] + r"_[0-9]{8}_[0-9]{6}\.[0-9]{3}Z_[0-9a-f]{16}$"
# A week of playlist is 16 MB; nobody plays longer without looking up in between.
LONGEST_DAYS = 8
MOST_ROWS = 1_000


def _time(text: object) -> int:
    """Milliseconds; years before 1970 and after 9998 would leave our arithmetic."""
    try:
        if not isinstance(text, str):
            raise ValueError
        at_ms = from_iso(text)
        to_iso(at_ms + 366 * DAY_MS)
    except (ValueError, OverflowError):
        raise ValueError("not an ISO 8601 time; write 2026-11-01T10:00:00Z") from None
    if at_ms < 0:
        raise ValueError("before 1970")
    return at_ms


def _segment(text: str) -> SegmentName:
    return SegmentName.from_file(text + SUFFIX)


Time = Annotated[
    int,
    BeforeValidator(_time),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2026-11-01T10:00:00Z"]}),
]
From = Annotated[Time | None, Query(alias="from", description="ISO 8601; only what ends after.")]
Until = Annotated[Time | None, Query(alias="to", description="ISO 8601; only what starts before.")]
Camera = Annotated[
    str,
    AfterValidator(check_name),
    WithJsonSchema({"type": "string", "pattern": NAME_PATTERN, "examples": ["gate"]}),
]
CameraPath = Annotated[Camera, Path(description="A camera's name.")]
CameraFilter = Annotated[Camera | None, Query(description="Only this camera.")]
SegmentId = Annotated[
    str,
    Path(description="A segment's id: its file name without .mp4."),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": ID_PATTERN,
            "examples": ["gate_20261101_100000.000Z_0123456789abcdef"],
        }
    ),
]
Limit = Annotated[int, Query(ge=1, le=MOST_ROWS, description="How many rows at most.")]
PageLimit = Annotated[int, Query(ge=1, le=200, description="How many at most.")]


def segment_name(id: SegmentId) -> SegmentName:  # noqa: A002 - the path's own word
    """The parsed id; BadName (400) for what is none."""
    return _segment(id)


Named = Annotated[SegmentName, Depends(segment_name)]


@dataclass(frozen=True, slots=True)
class Stretch:
    """`[start_ms, end_ms)` of at most LONGEST_DAYS."""

    start_ms: int
    end_ms: int


def stretch(
    start: Annotated[Time, Query(description="ISO 8601.")],
    end: Annotated[Time, Query(description="ISO 8601, after start.")],
) -> Stretch:
    """What `start` and `end` say together."""
    if end <= start:
        raise refused("end", "must be after start")
    if end - start > LONGEST_DAYS * DAY_MS:
        raise refused("end", f"at most {LONGEST_DAYS} days after start")
    return Stretch(start, end)


Stretched = Annotated[Stretch, Depends(stretch)]


def refused(name: str, reason: str) -> RequestValidationError:
    """The error for a parameter that cannot be meant, once others are known."""
    return RequestValidationError([{"loc": ("query", name), "msg": reason, "type": "value_error"}])


NOT_OURS = "not one that this gateway gave"
Following = Annotated[
    str | None, Query(max_length=400, description="`next` of the page before, as it is.")
]


class Cursor(NamedTuple):
    """The last row told: where the next page goes on."""

    start_ms: int
    id: str

    def __str__(self) -> str:
        return base64.urlsafe_b64encode(f"{self.start_ms}/{self.id}".encode()).decode()


def cursor(cursor: Following = None) -> Cursor | None:
    """The parsed cursor, or None for the first page."""
    return None if cursor is None else opened(cursor)


def opened(cursor: str) -> Cursor:
    """What a cursor of ours says."""
    try:
        start, _, row = _opened(cursor).partition("/")
        return Cursor(_number(start), row)
    except ValueError:
        raise refused("cursor", NOT_OURS) from None


Page = Annotated[Cursor | None, Depends(cursor)]


def numbered(number: int) -> str:
    """The cursor of a list whose rows are counted as they come."""
    return base64.urlsafe_b64encode(f"#{number}".encode()).decode()


def _numbered(cursor: Following = None) -> int | None:
    if cursor is None:
        return None
    try:
        mark, number = _opened(cursor)[:1], _opened(cursor)[1:]
        if mark != "#":
            raise ValueError
        return _number(number)
    except ValueError:
        raise refused("cursor", NOT_OURS) from None


Numbered = Annotated[int | None, Depends(_numbered)]


def _opened(cursor: str) -> str:
    try:
        return base64.urlsafe_b64decode(cursor).decode()
    except binascii.Error:
        raise ValueError(NOT_OURS) from None


def _number(text: str) -> int:
    """One that no table overflows by."""
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise ValueError(NOT_OURS)
    return int(text)
