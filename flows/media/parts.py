"""A stored segment's footage piece by piece: each a file of its own that begins at a keyframe."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from edge.errors import ObjectMissing
from flows.store import FOOTAGE, ObjectStore

Row = dict[str, Any]


def moment(store: ObjectStore, row: Row, at_ms: int) -> tuple[bytes, int]:
    """The few seconds that show `at_ms` of a segment, and how far into them that is.

    `row` is one of `segments`. Raises ObjectMissing, also where it has no footage to show.
    """
    begun = [one for one in row["ranges"] or [] if one["start_ms"] <= max(at_ms, 0)]
    if not begun:
        raise ObjectMissing("no footage of that moment", camera=row["camera"], key=row["key"])
    one = begun[-1]
    return _head(store, row) + _body(store, row, one), at_ms - one["start_ms"]


def parts(
    store: ObjectStore, row: Row, start_ms: int, end_ms: int
) -> Iterator[tuple[bytes, int, int]]:
    """The pieces that show `[start_ms, end_ms)` of a segment, each with its own bounds (ms).

    One after another, so that memory holds a few seconds of footage. Raises ObjectMissing.
    """
    shown = [
        one for one in row["ranges"] or [] if one["start_ms"] < end_ms and _end(one) > start_ms
    ]
    head = _head(store, row) if shown else b""
    for one in shown:
        yield head + _body(store, row, one), one["start_ms"], _end(one)


def _end(one: Row) -> int:
    end_ms: int = one["start_ms"] + one["media_ms"]
    return end_ms


def _head(store: ObjectStore, row: Row) -> bytes:
    return store.read(FOOTAGE, row["key"], row["version_id"] or "", size=row["init_bytes"])


def _body(store: ObjectStore, row: Row, one: Row) -> bytes:
    where = (FOOTAGE, row["key"], row["version_id"] or "")
    return store.read(*where, offset=one["offset_bytes"], size=one["size_bytes"])
