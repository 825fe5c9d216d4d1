"""Keys of the pictures made of a segment: `<kind>/<camera>/<day>/<segment id>[_<what>].jpg`.

Each is made of one segment alone, and its key says of which: so it never changes, whatever
else of its time arrives or whichever clock is corrected, and it goes when its footage goes (D3).
"""

from __future__ import annotations

from enum import StrEnum

from edge.clock import to_day
from edge.segment import SUFFIX, SegmentName

_JPEG = ".jpg"
_ID_PARTS = 4  # <camera>_<day>_<time>_<digest>


class Made(StrEnum):
    """What is made of footage, each kind under a folder of its own in the livecam bucket."""

    THUMBNAILS = "thumbnails"
    CROPS = "crops"
    SPRITES = "sprites"


def key(kind: Made, segment_id: str, what: str = "") -> str:
    """Where a picture of a segment lies; `what` tells several of a kind apart."""
    name = segment_id + f"_{what}" * bool(what)
    return f"{folder(kind, segment_id)}{name}{_JPEG}"


def sprites_key(segment_id: str, minute: int) -> str:
    """Where the sprite sheet of a segment's minute lies, counted from 0 at its first picture."""
    return key(Made.SPRITES, segment_id, f"{minute}")


def folder(kind: Made, segment_id: str) -> str:
    """The prefix under which a segment's pictures of a kind lie, among its day's."""
    name = SegmentName.from_file(segment_id + SUFFIX)
    return f"{kind}/{name.camera}/{to_day(name.start_ms)}/"


def made_of(key: str) -> str:
    """The id of the segment that a key of this module speaks of; of any other key, none."""
    name = key.rpartition("/")[2].removesuffix(_JPEG)
    return "_".join(name.split("_")[:_ID_PARTS])
