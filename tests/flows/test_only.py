"""What a site shows that shows some of its cameras only."""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from edge.clock import from_iso
from flows.catalogue import read
from flows.catalogue.fold import fold
from flows.catalogue.schema import SEGMENTS
from flows.catalogue.stretch import tell
from flows.site import Site
from flows.stages.account import known_cameras
from flows.stages.holds import place
from tests.dashboards import footage
from tests.flows.visitors import VISITS, came

T0 = from_iso("2026-11-01T10:00:00Z")


def test_of_other_cameras_nothing_is_told(folder: Site) -> None:
    site = folder
    for camera in ("gate", "yard"):
        made = footage.store(site, camera, T0, 2)
        footage.event(site, made, T0, T0 + 1_000)
    seen = replace(site, only=frozenset({"gate", "cellar"}))
    assert set(read.events(seen)["camera"]) == set(read.latest(seen)["camera"]) == {"gate"}
    assert read.events(seen, "yard").is_empty()
    assert read.segments(seen, "yard").is_empty()
    assert read.latest(seen, "yard").is_empty()
    assert not read.segments(seen).is_empty()
    assert (read.cameras(seen), known_cameras(seen)) == (["gate"], ["gate"])
    assert set(read.began(seen)) == {"gate"}
    assert set(read.changed_segments(seen, 0, ("camera",))[0]["camera"]) == {"gate"}
    [yard] = read.segments(site).filter(pl.col("camera") == "yard")["id"]
    assert read.of_segment(seen, SEGMENTS, yard).is_empty()


def test_whoever_causes_a_fold_it_is_told_from_all_there_is(folder: Site) -> None:
    for visit in VISITS[:3] + VISITS[6:]:
        came(folder, visit)
    place(replace(folder, only=frozenset({"gate"})), "gate", T0, T0 + 1_000)
    fold(folder, everything=True)
    told = read.events(folder)
    span = (from_iso("2026-10-24"), from_iso("2026-10-29"))
    tell(folder, {camera: [span] for camera in ("gate", "yard")})
    assert told.equals(read.events(folder))
    assert set(told["camera"]) == {"gate", "yard"}


def test_who_may_see_no_camera_sees_none(folder: Site) -> None:
    footage.store(folder, "gate", T0, 2)
    seen = replace(folder, only=frozenset())
    assert read.segments(seen).is_empty()
    assert read.cameras(seen) == []
