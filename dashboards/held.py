"""Holds as people make and end them: only of cameras that they may see, and written down."""

from __future__ import annotations

import polars as pl

from dashboards.access.visitor import Visitor
from edge.clock import to_iso
from edge.errors import ObjectMissing
from flows import deeds
from flows.catalogue import read
from flows.retention import Hold
from flows.site import Site
from flows.stages import holds
from flows.stages.account import known_cameras


def every(site: Site) -> pl.DataFrame:
    """Rows of `holds` of the cameras that may be seen, the released ones too, newest last."""
    return read.holds(site, released=True).sort("placed_utc")


def place(
    site: Site,
    who: Visitor,
    camera: str,
    start_ms: int,
    end_ms: int,
    reason: str = "",
    address: str = "",
) -> Hold:
    """Hold a stretch. Raises ObjectMissing for a camera that isn't there for them."""
    _there(site, camera)
    made = holds.place(site, camera, start_ms, end_ms, reason)
    deeds.tell(site.home, who.name, "hold", _what(camera, start_ms, end_ms), address=address)
    return made


def release(
    site: Site, who: Visitor, camera: str, start_ms: int, end_ms: int, address: str = ""
) -> list[Hold]:
    """End holds over a stretch; those that were touched. Raises as `place` does."""
    _there(site, camera)
    touched = holds.release(site, camera, start_ms, end_ms)
    deeds.tell(site.home, who.name, "release", _what(camera, start_ms, end_ms), address=address)
    return touched


def end(site: Site, who: Visitor, hold: Hold, address: str = "") -> None:
    """End one hold."""
    holds.end(site, hold)
    what = _what(hold.camera, hold.start_ms, hold.end_ms)
    deeds.tell(site.home, who.name, "release", what, address=address)


def _there(site: Site, camera: str) -> None:
    if camera not in known_cameras(site):
        raise ObjectMissing("there is no such camera", camera=camera)


def _what(camera: str, start_ms: int, end_ms: int) -> str:
    return f"{camera} {to_iso(start_ms)} {to_iso(end_ms)}"
