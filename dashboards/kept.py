"""Pictures that are made when somebody first looks, and kept beside those of the analysis."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from threading import Semaphore
from typing import Any

from edge.clock import to_ms
from edge.errors import ObjectMissing
from flows.catalogue import derived
from flows.catalogue.derived import Made
from flows.media import sprites
from flows.media.crop import closer
from flows.media.keep import keep
from flows.media.parts import Row, moment, parts
from flows.media.sprites import Sheet
from flows.media.still import THUMBNAIL_WIDTH_PX, still
from flows.store import LIVECAM, ObjectStore
from flows.vision.detector import Box

CROP_WIDTH_PX = 480
MINUTE_MS = 60_000

# Decoding takes a core: two cores must go on serving a player meanwhile.
decoding = Semaphore(1)


def thumbnail(store: ObjectStore, key: str, row: Row) -> bytes:
    """A segment's picture under `key`; the first one of all where there is none yet."""

    def make() -> bytes:
        return still(*moment(store, row, 0), THUMBNAIL_WIDTH_PX)

    return _kept(store, key, row, make)


def best_crop(store: ObjectStore, event: dict[str, Any], row: Row) -> bytes:
    """The part of an event's best picture that it is about. `row` is that segment's."""
    at_ms = to_ms(event["best_utc"]) - to_ms(row["start_utc"])
    box = Box(*(event[side] for side in ("x", "y", "w", "h"))) if event["w"] else Box(0, 0, 1, 1)

    def make() -> bytes:
        return closer(*moment(store, row, at_ms), box, CROP_WIDTH_PX)

    # By what is shown, not by event: told again, an event has another id and the same picture.
    where = "-".join(f"{side * 1_000:.0f}" for side in (box.x, box.y, box.w, box.h))
    return _kept(store, derived.key(Made.CROPS, row["id"], f"{at_ms}_{where}"), row, make)


def sheet(store: ObjectStore, row: Row, number: int) -> Sheet:
    """The tiles of a segment's minute, counted from 0 at its first picture."""
    start_ms = number * MINUTE_MS

    def make() -> bytes:
        return sprites.minute(parts(store, row, start_ms, start_ms + MINUTE_MS), start_ms).begun()

    key = derived.sprites_key(row["id"], number)
    found = Sheet.of(_kept(store, key, row, make))
    if found is None:  # its bytes were damaged: it can be made at will
        store.delete(LIVECAM, [(key, "")])
        found = Sheet.of(_kept(store, key, row, make)) or Sheet()
    return found


def _kept(store: ObjectStore, key: str, row: Row, make: Callable[[], bytes]) -> bytes:
    with suppress(ObjectMissing):
        return store.read(LIVECAM, key)
    with decoding:
        with suppress(ObjectMissing):  # made while we waited
            return store.read(LIVECAM, key)
        made = make()
    keep(store, row, {key: made})
    return made
