"""What gives way for the next segment, and what does not (E2, E5)."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.errors import SpoolFull
from edge.segment import Cause
from edge.spool.room import MARGIN_BYTES
from tests.edge.footage import Clip
from tests.edge.spool.disks import Disk

NEED = 32 << 20
LEAST = 256 << 10  # what the smallest camera's next segment is thought to need
MINUTE_MS = 60_000


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Clip(seconds=2).write(tmp_path_factory.mktemp("clip") / "s.mp4")


@pytest.fixture
def disk(tmp_path: Path, clip: Path) -> Disk:
    return Disk(tmp_path / "spool", clip)


@pytest.fixture
def size(tmp_path: Path, clip: Path) -> int:
    """Of a segment."""
    return Disk(tmp_path / "other", clip).record("yard", 0)[0].size_bytes


def test_a_quota_is_kept_by_the_oldest_of_who_holds_most(disk: Disk, size: int) -> None:
    flood = disk.record("flood", *range(8))
    (calm,) = disk.record("calm", -9)
    disk.keep(quota={"size_bytes": size * 8}, when_full="oldest")
    dropped = disk.spool.make_room(NEED, "calm")
    assert [gap.detail for gap in dropped] == [segment.id for segment in flood[:2]]
    assert {gap.cause for gap in dropped} == {Cause.DISK_FULL_DROPPED}
    assert [item.gap for item in disk.spool.gaps()] == dropped
    assert disk.names("calm") == [calm.id]
    assert disk.spool.make_room(NEED, "calm") == []


def test_a_camera_above_its_share_drops_its_own_where_others_have_room(
    disk: Disk, size: int
) -> None:
    disk.record("flood", *range(6))
    disk.record("calm", -9, -8)
    disk.keep(shares={"flood": {"size_bytes": size * 4}, "calm": None})
    assert disk.spool.make_room(NEED, "calm") == []
    assert {gap.camera for gap in disk.spool.make_room(NEED, "flood")} == {"flood"}
    assert len(disk.names("flood")) == 3
    assert len(disk.names("calm")) == 2


def test_who_holds_most_of_his_share_pays_for_a_full_disk(disk: Disk, size: int) -> None:
    disk.record("large", *range(6))
    disk.record("small", *range(3))
    shares = {"large": {"part": 0.8}, "small": {"part": 0.2}}
    disk.keep(shares=shares)
    disk.room_bytes = size * 9 + LEAST - 1
    assert [gap.camera for gap in disk.spool.make_room(NEED, "large")] == ["small"]


def test_where_something_else_fills_the_disk_a_flood_lives_on_its_own(
    disk: Disk, size: int
) -> None:
    """E5: what others take makes no share smaller; the flood has room for a segment, no more."""
    disk.record("flood", *range(6))
    calm = [segment.id for segment in disk.record("calm", *range(-9, -5))]
    disk.keep(quota={"size_bytes": size * 100}, when_full="oldest")
    disk.room_bytes, disk.took = disk.held(), MARGIN_BYTES
    assert {gap.camera for gap in disk.spool.make_room(NEED, "flood")} == {"flood"}
    assert disk.names("calm") == calm


def test_a_policy_that_stops_drops_nothing(disk: Disk, size: int) -> None:
    kept = [segment.id for segment in disk.record("yard", *range(4))]
    disk.keep(quota={"size_bytes": size * 4}, when_full="stop")
    with pytest.raises(SpoolFull, match="stop"):
        disk.spool.make_room(NEED, "yard")
    assert disk.names("yard") == kept
    disk.spool.evict(disk.spool.sealed(1)[0])
    assert disk.spool.make_room(NEED, "yard") == []
    disk.took = 1 << 40
    with pytest.raises(SpoolFull, match="stop"):
        disk.spool.make_room(NEED, "yard")
    assert disk.names("yard") == kept[1:]


def test_nothing_is_dropped_where_all_of_it_would_not_do(disk: Disk) -> None:
    disk.record("yard", *range(4))
    disk.took = 1 << 41
    with pytest.raises(SpoolFull, match="would not do"):
        disk.spool.make_room(NEED, "yard")
    assert len(disk.names("yard")) == 4


def test_the_margin_is_not_bought_with_footage_that_cannot_pay_for_it(disk: Disk) -> None:
    disk.record("yard", *range(4))
    disk.took = (1 << 40) + (32 << 20)
    assert disk.spool.make_room(NEED, "yard") == []
    assert len(disk.names("yard")) == 4


def test_a_quota_and_shares_are_not_lowered_by_what_others_take(disk: Disk, size: int) -> None:
    disk.record("yard", *range(20))
    disk.keep(quota={"size_bytes": size * 40}, shares={"yard": {"part": 0.9}})
    disk.took = disk.free_bytes()
    disk.spool.make_room(NEED, "yard")
    left = len(disk.names("yard"))
    assert size * (20 - left) < LEAST + 2 * size
    assert disk.spool.make_room(NEED, "yard") == []
    assert len(disk.names("yard")) == left


class Eater:
    """Takes whatever is freed."""

    def __init__(self, disk: Disk) -> None:
        self._disk = disk

    def eat(self) -> None:
        self._disk.took += max(0, self._disk.free_bytes())


def test_where_others_take_what_is_freed_the_backlog_is_kept(disk: Disk, size: int) -> None:
    """One drop to try, one more, then a minute's wait, two, four: not the whole of it at once."""
    disk.record("yard", *range(60))
    eater = Eater(disk)
    for _ in range(2):
        eater.eat()
        disk.spool.make_room(NEED, "yard")
    left = disk.names("yard")
    assert 60 - len(left) <= 2 * (LEAST // size + 1)
    eater.eat()
    for _ in range(3):
        with pytest.raises(SpoolFull, match="what waits is kept"):
            disk.spool.make_room(NEED, "yard")
    assert disk.names("yard") == left
    disk.clock.sleep(61)
    disk.spool.make_room(NEED, "yard")
    assert len(disk.names("yard")) < len(left)
    eater.eat()
    disk.clock.sleep(61)
    with pytest.raises(SpoolFull, match="what waits is kept"):
        disk.spool.make_room(NEED, "yard")


def test_a_large_file_beside_the_spool_costs_no_more_than_the_next_segment(
    disk: Disk, size: int
) -> None:
    disk.record("yard", *range(60))
    disk.took += disk.free_bytes()
    disk.spool.make_room(NEED, "yard")
    dropped = 60 - len(disk.names("yard"))
    assert size * dropped < LEAST + 2 * size
    assert disk.spool.make_room(NEED, "yard") == []


def test_a_reserve_grows_when_there_is_room(disk: Disk) -> None:
    reserve = disk.spool.root / "reserve"
    disk.keep(reserve_bytes=8_000_000)
    disk.spool.make_room(NEED, "yard")
    assert reserve.stat().st_size == 8_000_000
    disk.keep(reserve_bytes=1_000_000)
    disk.spool.make_room(NEED, "yard")
    assert reserve.stat().st_size == 1_000_000
