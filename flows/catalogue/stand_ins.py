"""When a stand-in was recorded because the camera could not be opened."""

from __future__ import annotations

from typing import NamedTuple

import polars as pl

from edge.clock import to_ms
from flows.catalogue import read
from flows.catalogue.read import HasStore
from flows.catalogue.schema import SEGMENTS, Status

JOINED_MS = 1_500


class StandIn(NamedTuple):
    """A stretch of a camera's time that shows a stand-in."""

    camera: str
    start_ms: int
    end_ms: int

    def covers(self, camera: str, start_ms: int, end_ms: int) -> bool:
        """Whether it has a part in a stretch of that camera."""
        return camera == self.camera and self.start_ms < end_ms and start_ms < self.end_ms


def stand_ins(site: HasStore, camera: str | None, start_ms: int, end_ms: int) -> list[StandIn]:
    """Those that overlap the stretch, of one camera or all, in order of camera and time."""
    rows = read.rows(
        site,
        SEGMENTS,
        cameras=None if camera is None else [camera],
        start_ms=start_ms,
        end_ms=end_ms,
        where=(pl.col("status") == str(Status.STORED)) & pl.col("fallback"),
        columns=("camera", "start_utc", "end_utc"),
    )
    found: list[StandIn] = []
    for name, start, end in rows.sort("camera", "start_utc").iter_rows():
        one = StandIn(name, to_ms(start), to_ms(end))
        last = found[-1] if found else None
        if last and last.camera == name and one.start_ms - last.end_ms <= JOINED_MS:
            found[-1] = StandIn(name, last.start_ms, max(last.end_ms, one.end_ms))
        else:
            found.append(one)
    return found
