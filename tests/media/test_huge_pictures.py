"""A header may claim any size: 65,000 × 65,000 pixels would be 12 GB for one picture."""

from __future__ import annotations

import struct
from pathlib import Path

import av
import numpy as np
import pytest

from edge.errors import BadMedia
from flows.media.frames import Tally, pictures
from flows.media.opening import check_size
from flows.media.still import still

HUGE = 65_000


def film(path: Path, pictures: int) -> bytes:
    """Small JPEGs in a MOV; each tells its own size in two bytes a side."""
    with av.open(str(path), "w") as output:
        stream = output.add_stream("mjpeg", rate=10)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuvj420p"
        for _ in range(pictures):
            grey = np.full((48, 64), 99, np.uint8)
            output.mux(
                stream.encode(av.VideoFrame.from_ndarray(grey, "gray").reformat(format="yuvj420p"))
            )
        output.mux(stream.encode(None))
    return path.read_bytes()


@pytest.fixture
def claimed() -> tuple[bytes, bytes]:
    """The size as it stands in a JPEG, and the one that is written over it."""
    return struct.pack(">HH", 48, 64), struct.pack(">HH", HUGE, HUGE)


def test_a_film_of_huge_pictures_is_refused(tmp_path: Path, claimed: tuple[bytes, bytes]) -> None:
    path = tmp_path / "huge.mov"
    path.write_bytes(film(path, 2).replace(*claimed))
    for read in (lambda: list(pictures(path)), lambda: still(path, 0)):
        with pytest.raises(BadMedia, match=r"huge\.mov: not one picture in it can be decoded"):
            read()


def test_one_huge_picture_among_others_is_left_out(
    tmp_path: Path, claimed: tuple[bytes, bytes]
) -> None:
    path, (small, huge) = tmp_path / "one.mov", claimed
    data = film(path, 3)
    at = data.rindex(small)
    path.write_bytes(data[:at] + huge + data[at + 4 :])
    tally = Tally()
    assert len(list(pictures(path, tally))) == 2
    assert tally.damaged == 1


def test_a_stream_that_tells_such_a_size_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    with pytest.raises(BadMedia, match="65000×65000 are over 8192 px a side"):
        check_size(HUGE, HUGE, tmp_path / "huge.mp4")
