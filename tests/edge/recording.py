"""Helpers: what a recorder left, read back; the recorder itself is the torture rig's."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import av

from edge.segment import Gap, Segment
from edge.spool import SealedSegment
from infra.faults.recording import Record, marks

__all__ = ["BUSY_MS", "Record", "assert_tiles", "causes", "closest_ms", "marks", "packets"]

# How late a picture may be drawn, sent or read where the machine has much else to do. A time
# that is wrong, in place of late, is wrong by more.
BUSY_MS = 10_000


def assert_tiles(items: list[Segment | Gap]) -> None:
    """E3: each begins exactly where the one before it ends."""
    for before, after in itertools.pairwise(items):
        assert before.end_ms == after.start_ms, (before.id, after.id)


def causes(items: list[Segment | Gap]) -> list[str]:
    return [item.cause.value for item in items if isinstance(item, Gap)]


def closest_ms(items: list[SealedSegment]) -> int:
    """How far media and wall time are apart where no busy machine let pictures wait."""
    return min(abs(item.segment.media_ms - item.segment.wall_ms) for item in items)


def packets(path: Path) -> list[av.Packet[Any]]:
    """A segment's video packets."""
    with av.open(str(path)) as container:
        return [p for p in container.demux(container.streams.video[0]) if p.size]
