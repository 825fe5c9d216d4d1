"""A sidecar tells its segment, or that it was changed."""

from __future__ import annotations

import pytest

from edge.segment import Fragment, Segment
from edge.spool import sidecar

SEGMENT = Segment(
    camera="yard",
    node="local",
    start_ms=1_700_000_000_000,
    media_ms=2_000,
    wall_ms=2_000,
    size_bytes=1_234,
    sha256="ab" * 32,
    codec="h264",
    mime_codecs="avc1.64001f",
    width=96,
    height=64,
    fps=15,
    time_scale=15_360,
    fragments=(Fragment(800, 434, 0, True, 7),),
)


def test_a_sidecar_is_read_as_it_was_written() -> None:
    assert sidecar.from_bytes(sidecar.to_bytes(SEGMENT)) == SEGMENT


def test_one_from_before_there_were_checksums_is_read() -> None:
    assert sidecar.from_bytes(SEGMENT.model_dump_json().encode()) == SEGMENT


def test_every_flipped_bit_is_seen() -> None:
    data = sidecar.to_bytes(SEGMENT)
    for at in range(len(data) * 8):
        spoiled = bytearray(data)
        spoiled[at // 8] ^= 1 << at % 8
        with pytest.raises(ValueError, match=r".*"):
            sidecar.from_bytes(bytes(spoiled))
