from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from edge.errors import BadMedia
from flows.media.frames import Tally, pictures
from flows.media.probe import probe
from flows.media.still import still
from tests.vision.drawn import film, yard


def greys(count: int) -> list[np.ndarray[tuple[int, ...], np.dtype[np.uint8]]]:
    """Pictures of one brightness each, five levels apart, so that each can be told."""
    return [np.full((90, 160, 3), 20 + 5 * n, np.uint8) for n in range(count)]


def test_facts_are_read_from_the_packets(tmp_path: Path) -> None:
    facts = probe(film(tmp_path / "a.mp4", map(yard, range(25))))
    assert (facts.codec, facts.width, facts.height, facts.fps) == ("h264", 640, 360, 10.0)
    assert (facts.duration_ms, facts.packets, facts.audio_codec) == (2500, 25, None)
    assert facts.keyframes_ms == (0, 1000, 2000)
    assert not facts.torn


@pytest.mark.parametrize("codec", ["libx264", "libx265", "mpeg4"])
def test_pictures_come_in_order_whatever_the_codec_and_its_b_frames(
    tmp_path: Path, codec: str
) -> None:
    b_frames = 2 if codec == "libx264" else 0
    path = film(tmp_path / "a.mp4", greys(30), codec=codec, b_frames=b_frames)
    shown = [(p.at_ms, float(p.grey().mean())) for p in pictures(path)]
    assert [at for at, _ in shown] == [n * 100 for n in range(30)]
    assert [level for _, level in shown] == sorted(level for _, level in shown)
    assert probe(path).duration_ms == 3000


def test_odd_sizes_are_scaled_down_and_never_up(tmp_path: Path) -> None:
    odd = [np.full((181, 323, 3), 90, np.uint8) for _ in range(3)]
    path = film(tmp_path / "a.mkv", [p[:180, :322] for p in odd])
    picture = next(iter(pictures(path)))
    assert picture.grey(160).shape == (90, 161)  # by halves, where that is near enough
    assert picture.grey(100).shape == (56, 100)
    assert picture.grey(4000, (0.5, 0, 0.5, 1)).shape == (180, 161)
    assert picture.bgr(160).shape == (90, 160, 3)  # even, as its colour planes need
    assert picture.bgr(4000).shape == (180, 322, 3)


def test_colours_survive_the_shrinking(tmp_path: Path) -> None:
    red = np.zeros((180, 320, 3), np.uint8)
    red[:, :, 2] = 200
    picture = next(iter(pictures(film(tmp_path / "a.mp4", [red]))))
    for width in (None, 160):
        assert np.abs(picture.bgr(width).mean(axis=(0, 1)) - (0, 0, 200)).max() < 16


def test_bytes_are_read_like_files(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mp4", greys(12))
    assert probe(path.read_bytes()) == probe(path)
    assert len(list(pictures(path.read_bytes()))) == 12


def test_variable_frame_rates_keep_their_times(tmp_path: Path) -> None:
    times = [0, 40, 80, 500, 2500, 2540, 9000]
    path = film(tmp_path / "a.mp4", greys(len(times)), times_ms=times)
    assert [p.at_ms for p in pictures(path)] == times


def test_times_that_jump_back_go_on_by_one_frame(tmp_path: Path) -> None:
    # MPEG-TS: the one container whose reader hands a camera's jumps on as they are.
    early, late = tmp_path / "early.ts", tmp_path / "late.ts"
    film(late, greys(10), times_ms=[60_000 + n * 100 for n in range(10)])
    film(early, greys(10))
    both = tmp_path / "both.ts"
    both.write_bytes(late.read_bytes() + early.read_bytes())
    times = [p.at_ms for p in pictures(both)]
    assert len(times) >= 19
    assert all(0 < b - a <= 200 for a, b in pairwise(times))


def test_a_still_is_what_was_shown_at_that_time(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mp4", greys(20))
    for at_ms, level in ((0, 20), (730, 55), (99_000, 115), (-5, 20)):
        image = cv2.imdecode(np.frombuffer(still(path, at_ms, 80), np.uint8), cv2.IMREAD_GRAYSCALE)
        assert image is not None
        assert image.shape == (44, 80)
        assert abs(float(image.mean()) - level) < 4


def test_a_torn_file_gives_what_came_before_the_tear(tmp_path: Path) -> None:
    path = film(tmp_path / "a.ts", map(yard, range(40)))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert 10 < sum(1 for _ in pictures(path)) < 30


def test_damaged_frames_are_skipped_and_counted(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mp4", map(yard, range(40)))
    data = bytearray(path.read_bytes())
    data[len(data) // 3 : len(data) // 2] = bytes(len(data) // 2 - len(data) // 3)
    tally = Tally()
    assert 5 < sum(1 for _ in pictures(bytes(data), tally)) <= 40
    assert tally.frames == 40


def audio_only(path: Path) -> Path:
    with av.open(str(path), "w") as output:
        stream = output.add_stream("aac", rate=8000)
        assert isinstance(stream, av.AudioStream)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 8000), np.float32), "fltp", "mono")
        frame.rate, frame.pts, frame.time_base = 8000, 0, Fraction(1, 8000)
        output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return path


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "0 bytes"),
        (b"only words here\n" * 400, "a text file"),
        (bytes(range(256)) * 40, "not a video file"),
        (b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isomiso2" + bytes(99), "without its index"),
    ],
)
def test_what_is_no_video_says_what_it_is(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "film.mp4"
    path.write_bytes(content)
    for read in (probe, lambda p: list(pictures(p))):
        with pytest.raises(BadMedia, match=reason) as caught:
            read(path)
        assert caught.value.path == str(path)


def test_huge_pictures_are_refused_before_one_is_decoded(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mp4", [np.zeros((32, 8208, 3), np.uint8)])
    tally = Tally()
    for read in (probe, lambda p: list(pictures(p, tally))):
        with pytest.raises(BadMedia, match="8208×32 are over 8192 px a side"):
            read(path)
    assert tally.decoded == 0


def test_sound_alone_is_no_video(tmp_path: Path) -> None:
    with pytest.raises(BadMedia, match="no video stream, only audio"):
        probe(audio_only(tmp_path / "a.m4a"))


def test_a_missing_file_is_bad_media(tmp_path: Path) -> None:
    with pytest.raises(BadMedia, match="can't be read"):
        probe(tmp_path / "gone.mp4")
