"""What must be written is written on a full disk."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.spool.reserve import Reserve
from infra.faults.small_disk import small_disk

SIZE = 1_000_000


def test_a_full_disk_takes_as_many_small_files_as_the_reserve_holds(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 8 << 20, mount=False) as disk:
        disk.root.mkdir()
        reserve = Reserve(disk.root / "reserve")
        reserve.fill(SIZE)
        disk.fill()
        for number in range(200):
            reserve.write(disk.root / str(number), b"a gap")
        assert 0 < reserve.size_bytes < SIZE
        had = reserve.size_bytes
        reserve.fill(SIZE)
        assert reserve.size_bytes == had  # no room for more; what is there stays
        with pytest.raises(OSError, match="No space"):
            reserve.write(disk.root / "large", bytes(4 << 20))
        assert not list(disk.root.glob("*.tmp"))
        disk.release()
        reserve.fill(SIZE)
        assert reserve.size_bytes == SIZE
