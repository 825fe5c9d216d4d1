"""What retention will take, in columns: the same that it decides segment by segment."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.clock import from_iso, to_utc
from edge.segment import SegmentName
from flows.catalogue import delta
from flows.catalogue.schema import SEGMENTS
from flows.retention import DAY_MS, Action
from flows.settings import FlowSettings, RetainSettings
from flows.site import Site
from flows.stages import holds, retain
from flows.stages.foreseen import foreseen
from tests.flows.archive import folder_site

HOUR_MS = 3_600_000
T0 = from_iso("2026-11-01T10:00:00.250Z")
TIMES = ("start_utc", "end_utc", "received_utc")


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """Segments of two cameras: on time, arrived late, captured ahead, named by a wrong clock."""
    settings = FlowSettings(
        nodes=("local",),
        camera_nodes={"a": "local", "b": "local"},
        camera_retain={"a": RetainSettings(days=1.5)},
    )
    made = folder_site(tmp_path, settings)
    rows = [
        _row(camera, number, late_ms, named_ms)
        for camera in ("a", "b", "unconfigured")
        for number, (late_ms, named_ms) in enumerate(
            [(0, 0), (40 * DAY_MS, 0), (-30 * HOUR_MS, 0), (0, -3 * DAY_MS), (5, DAY_MS)]
        )
    ]
    delta.insert(delta.open_table(made.store, SEGMENTS), SEGMENTS, delta.frame(SEGMENTS, rows))
    return made


def _row(camera: str, number: int, late_ms: int, named_ms: int) -> dict[str, object]:
    start_ms = T0 + number * HOUR_MS
    name = SegmentName(camera, start_ms + named_ms, f"{number:016x}")
    times = (start_ms, start_ms + 30_000, start_ms + 30_000 + late_ms)
    return {
        "id": name.id,
        "key": name.key,
        "camera": camera,
        "status": "stored",
        "version_id": "",
        "size_bytes": 1_000 + number,
        "day": name.key.split("/")[2],
        **{n: to_utc(ms) for n, ms in zip(TIMES, times, strict=True)},
    }


def decided(site: Site) -> list[tuple[str, int, int, bool]]:
    return sorted(
        (one.segment.camera, one.segment.start_ms, one.due_ms, "held" in one.reason)
        for one in retain.preview(site)
    )


def told(site: Site) -> list[tuple[str, int, int, bool]]:
    found = foreseen(site).select("camera", "start_ms", "due_ms", "held")
    return sorted(found.iter_rows())


def test_columns_tell_what_is_decided_one_by_one(site: Site) -> None:
    assert told(site) == decided(site)
    assert len(told(site)) == 15


def test_holds_in_force_and_released_count_by_name_and_by_place(site: Site) -> None:
    named = T0 + 3 * HOUR_MS - 3 * DAY_MS
    for start_ms in (T0, named):
        holds.place(site, "a", start_ms, start_ms + 1)
        holds.place(site, "b", start_ms, start_ms + 1)
    holds.release(site, "b", T0, T0 + 1)
    assert told(site) == decided(site)
    assert sum(one[3] for one in told(site)) == 3
    assert {one.action for one in retain.preview(site)} == {Action.KEEP, Action.EXPIRE}


def test_an_empty_archive_foresees_nothing(tmp_path: Path) -> None:
    assert foreseen(folder_site(tmp_path / "empty")).is_empty()
