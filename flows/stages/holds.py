"""Holds: a stretch of a camera's time that retention must not touch (D1)."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

from edge.clock import to_ms
from edge.errors import BadSettings, Damaged
from flows.catalogue import journal, read
from flows.catalogue.fold import damaged, fold
from flows.catalogue.journal import Fact, Kind
from flows.retention import Hold
from flows.site import Site

ID_PATTERN = "^[0-9a-f]{12}$"


def holds(site: Site) -> list[Hold]:
    """Every hold that was ever placed, the released ones too.

    Raises Damaged where a batch of them is set aside: whoever would delete must not guess (D1).
    """
    _whole(site)
    rows = read.holds(site, released=True)
    return [
        Hold(
            id=row["id"],
            camera=row["camera"],
            start_ms=to_ms(row["start_utc"]),
            end_ms=to_ms(row["end_utc"]),
            released_ms=None if row["released_utc"] is None else to_ms(row["released_utc"]),
        )
        for row in rows.iter_rows(named=True)
    ]


def _whole(site: Site) -> None:
    for key in sorted(damaged(site)):
        if journal.kind_of(key) is Kind.HOLDS:
            raise Damaged(
                "holds are set aside that cannot be read, and nothing is deleted meanwhile",
                key=key,
                hint="Restore that object from a backup, then 'livecam replay'",
            )


def place(site: Site, camera: str, start_ms: int, end_ms: int, reason: str = "") -> Hold:
    """Hold [start_ms, end_ms) of a camera; in force when this returns."""
    _check(camera, start_ms, end_ms)
    hold = Hold(uuid.uuid4().hex[:12], camera, start_ms, end_ms)
    _tell(site, [_placed(hold, site.clock.utc_ms(), reason)])
    return hold


def release(site: Site, camera: str, start_ms: int, end_ms: int) -> list[Hold]:
    """End holds over exactly this stretch; answers the holds that were touched.

    A hold that reaches beyond goes on over the rest: its release and the holds over what
    remains are one batch, so no moment is without them.
    """
    _check(camera, start_ms, end_ms)
    now_ms = site.clock.utc_ms()
    touched = [
        hold
        for hold in holds(site)
        if hold.camera == camera
        and hold.released_ms is None
        and hold.start_ms < end_ms
        and start_ms < hold.end_ms
    ]
    rest = [_placed(left, now_ms, "") for hold in touched for left in _rest(hold, start_ms, end_ms)]
    _tell(site, rest + [{**_fact(hold), "released_ms": now_ms} for hold in touched])
    return touched


def end(site: Site, hold: Hold) -> None:
    """End one hold, whatever others stand over the same time; ended before is no error."""
    _tell(site, [{**_fact(hold), "released_ms": site.clock.utc_ms()}])


def _rest(hold: Hold, start_ms: int, end_ms: int) -> Iterator[Hold]:
    for first, last in ((hold.start_ms, start_ms), (end_ms, hold.end_ms)):
        if first < last:
            yield Hold(uuid.uuid4().hex[:12], hold.camera, first, last)


def _check(camera: str, start_ms: int, end_ms: int) -> None:
    if start_ms >= end_ms:
        raise BadSettings("the stretch ends before it begins", camera=camera)


def _fact(hold: Hold) -> dict[str, object]:
    return {
        "id": hold.id,
        "camera": hold.camera,
        "start_ms": hold.start_ms,
        "end_ms": hold.end_ms,
    }


def _placed(hold: Hold, now_ms: int, reason: str) -> dict[str, object]:
    return {**_fact(hold), "placed_ms": now_ms, "reason": reason}


def _tell(site: Site, facts: list[Fact] | list[dict[str, object]]) -> None:
    journal.write(site.store, Kind.HOLDS, list(facts), site.clock.utc_ms())
    fold(site)
