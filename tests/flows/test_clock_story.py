"""A camera whose clock was wrong, from the recorder to what search and coverage say of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from edge.camera.scene import SceneCamera
from edge.clock import to_ms
from edge.recorder import Recorder
from flows.audit.account import e2, e3
from flows.audit.evidence import gather
from flows.audit.footage import c1, c6
from flows.audit.tables import c4
from flows.catalogue import read
from flows.catalogue.coverage import State
from flows.site import Site
from flows.stages.account import account_of
from flows.stages.ingest import ingest
from flows.stages.rebuild import rebuild
from flows.stages.upload import spool_of, upload
from tests.edge.fake_clock import FakeClock, VouchedClock
from tests.edge.life import Until
from tests.flows.snapshot import facts_of
from tests.flows.stage_site import folder_site

NOW_MS = 1_790_000_000_000


class Wound:
    """A drawn camera; its clock is set by so much after so many of its packets."""

    kind = "scene"

    def __init__(self, clock: FakeClock, at: int, by_ms: int) -> None:
        self.clock, self.at, self.by_ms = clock, at, by_ms
        self._inner = SceneCamera("gate", "?size=160x120&fps=5", clock)

    def open(self) -> Any:
        feed: Any = self._inner.open()
        packets = feed.packets

        def wound() -> Iterator[Any]:
            for number, packet in enumerate(packets()):
                if number == self.at:
                    self.set()
                yield packet

        feed.packets = wound
        return feed

    def set(self) -> None:
        self.clock.step(self.by_ms)
        if isinstance(self.clock, VouchedClock):
            self.clock.vouched = True


def record(site: Site, camera: Wound, seconds: float = 30) -> None:
    clock = camera.clock
    Recorder(
        "gate",
        camera,
        spool_of(site),
        segment_ms=5_000,
        clock=clock,
        watch=Until(clock, seconds),
        report=lambda _: None,
    ).run()


def arrive(site: Site) -> None:
    upload(site, spool_of(site))
    assert ingest(site).set_aside == []


def sound(site: Site) -> bool:
    evidence = gather(site)
    return all(not law(evidence).keys for law in (e2, e3, c1, c6, c4))


def test_a_node_that_boots_in_1970_is_found_at_its_right_time(tmp_path: Path) -> None:
    clock = VouchedClock(utc_ms=60_000)
    site = replace(folder_site(tmp_path / "home"), clock=clock)
    record(site, Wound(clock, 75, NOW_MS))
    keys = [item.segment.key for item in spool_of(site).sealed()]
    assert any("/1970-01-01/" in key for key in keys)
    assert sound(site)
    arrive(site)
    assert sound(site)
    found = read.segments(site, "gate")
    assert sorted(found["key"].to_list()) == sorted(keys)
    assert to_ms(found["start_utc"][0]) > NOW_MS
    assert set(found["synchronised"]) == {True}
    told = account_of(site, "gate", NOW_MS + 60_000, NOW_MS + 90_000)
    assert [one.cause for one in told if one.start_ms == one.end_ms] == ["clock_jump"]
    assert State.UNEXPLAINED not in {one.state for one in told}
    recorded = sum(one.end_ms - one.start_ms for one in told if one.state is State.RECORDED)
    assert recorded > 28_000
    before = facts_of(site)
    rebuild(site)
    assert facts_of(site) == before


def test_a_clock_set_back_overlaps_nothing_and_breaks_no_law(tmp_path: Path) -> None:
    clock = FakeClock()
    site = replace(folder_site(tmp_path / "home"), clock=clock)
    record(site, Wound(clock, 75, -3_600_000))
    assert sound(site)
    arrive(site)
    assert sound(site)
    rows = read.segments(site, "gate")
    starts, ends = (rows[name].dt.epoch("ms").to_list() for name in ("start_utc", "end_utc"))
    assert all(end <= start for end, start in zip(ends, starts[1:], strict=False))
    assert "clock_jump" in read.gaps(site, "gate")["cause"].to_list()


def test_a_clock_set_ahead_is_a_gap_and_loses_no_footage(tmp_path: Path) -> None:
    clock = FakeClock()
    site = replace(folder_site(tmp_path / "home"), clock=clock)
    record(site, Wound(clock, 75, 3_600_000))
    arrive(site)
    assert sound(site)
    (jump,) = read.gaps(site, "gate").filter(cause="clock_jump").iter_rows(named=True)
    assert to_ms(jump["end_utc"]) - to_ms(jump["start_utc"]) == 3_600_000
    footage = read.segments(site, "gate")["wall_ms"].sum()
    assert footage > 28_000
