"""The bench of a day stands on tables of a day, in which only a part waits."""

from __future__ import annotations

from pathlib import Path

import pytest

from flows.audit.evidence import gather
from flows.audit.tables import c5
from flows.catalogue import read
from flows.catalogue.schema import ANALYSES, DETECTIONS, MOTION
from flows.site import Site
from infra.bench.day import measured
from infra.bench.day_footage import ACTIVE, QUIET, QUIET_MINUTES, Piece
from infra.bench.day_tables import A_DAY, CAMERAS, hold, slots
from tests.flows.stage_site import START_MS, folder_site, seal


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return folder_site(tmp_path / "home")


def made(site: Site) -> list[Piece]:
    """Of two seconds each, the quiet ones last as `pieces` has them."""
    found = []
    for number in range(2 * (ACTIVE + QUIET_MINUTES)):
        kind = "square" if number < 2 * ACTIVE else QUIET
        segment = seal(site, "made-0", START_MS + 2_000 * number, shade=60 + 20 * (number % 2))
        path = site.home.spool / "sealed" / f"{segment.id}.mp4"
        found.append(Piece(path, segment, kind, "drawn"))
    return found


def test_four_minutes_of_five_are_quiet_at_every_camera() -> None:
    day = list(slots())
    assert len(day) == CAMERAS * A_DAY == 57_600
    quiet = sum(one.piece >= 2 * ACTIVE for one in day)
    assert quiet == 0.8 * len(day)
    assert {one.piece for one in day} == set(range(2 * (ACTIVE + QUIET_MINUTES)))


def test_a_part_is_analysed_among_rows_that_were(site: Site) -> None:
    pieces, day = made(site), [one for one in slots() if one.camera == "camera-00"]
    hold(site, pieces, day[:10])
    held = {table.name: read.rows(site, table) for table in (ANALYSES, DETECTIONS, MOTION)}
    assert held[ANALYSES.name].height == read.segments(site).height == 10
    assert not held[MOTION.name].is_empty()
    assert set(held[MOTION.name]["segment_id"]) <= set(read.segments(site)["id"])

    row = measured("day", site, pieces, day[10:14], known=True).as_json()
    assert row["analysed_camera_minutes"] == 2
    looked = read.analyses(site).filter(flow_run_id="bench")
    assert looked.height == 4
    assert (looked["decoded_frames"] == 0).sum() == 2
    assert c5(gather(site)).keys == ()
