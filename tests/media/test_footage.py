from pathlib import Path

import numpy as np
import pytest

from edge.errors import BadMedia
from flows.media.cut import cut
from flows.media.footage import footage
from flows.media.frames import Tally, pictures
from flows.media.probe import probe
from tests.vision.drawn import film, scene, yard


@pytest.mark.parametrize("codec", ["libx264", "libx265"])
@pytest.mark.parametrize("b_frames", [0, 2])
def test_gop_by_gop_come_the_pictures_that_one_pass_shows(
    tmp_path: Path, codec: str, b_frames: int
) -> None:
    path = film(tmp_path / "a.mp4", scene(0, 4), codec=codec, b_frames=b_frames, gop=8)
    whole = [(p.at_ms, int(p.grey().sum())) for p in pictures(path)]
    with footage(path, Tally()) as found:
        assert len(found.gops) >= 5
        assert found.duration_ms == 4000
        assert [p.at_ms for p in found.pictures(found.gops[0], found.gops[-1])] == [
            at for at, _ in whole
        ]
        backwards = [
            (p.at_ms, int(p.grey().sum()))
            for gop in reversed(found.gops)
            for p in found.pictures(gop, gop)
        ]
    assert set(backwards) <= set(whole)
    # Where GOPs are open, pictures that lean on the one before are left out.
    assert len(backwards) >= len(whole) - b_frames * len(found.gops)


def test_what_nobody_asks_for_is_decoded_only_where_others_lean_on_it(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mp4", scene(0, 4), b_frames=2, gop=12)
    whole = {p.at_ms: int(p.grey().sum()) for p in pictures(path)}
    with footage(path, tally := Tally()) as found:
        shown = found.pictures(found.gops[0], found.gops[-1], lambda at_ms: at_ms % 500 == 0)
        some = {p.at_ms: int(p.grey().sum()) for p in shown}
    assert set(range(0, 4000, 500)) <= set(some)
    assert some.items() <= whole.items()
    assert tally.decoded < tally.frames


def test_a_keyframe_is_decoded_alone(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mp4", scene(0, 4), gop=10)
    with footage(path, tally := Tally()) as found:
        shown = [found.keyframe(gop) for gop in found.gops]
        assert [p.at_ms for p in shown if p] == [0, 1000, 2000, 3000]
    assert (tally.frames, tally.decoded) == (40, 4)


def test_packets_are_outlined_without_decoding(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mp4", map(yard, range(30)), gop=10)
    with footage(path, tally := Tally()) as found:
        assert found.packets.at_ms.tolist() == [n * 100 for n in range(30)]
        assert np.flatnonzero(found.packets.keys).tolist() == [0, 10, 20]
        assert found.packets.sizes.min() > 0
    assert tally.decoded == 0


def test_times_that_jump_make_no_gops(tmp_path: Path) -> None:
    times = [*range(0, 1000, 100), *range(200_000, 201_000, 100)]
    path = film(tmp_path / "a.mkv", map(yard, range(20)), times_ms=times)
    with footage(path, Tally()) as found:
        assert found.gops == ()


def test_a_torn_file_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    path = film(tmp_path / "a.ts", map(yard, range(40)), gop=10)
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    with footage(path, tally := Tally()) as found:
        assert 15 < tally.frames < 40
        assert found.keyframe(found.gops[0]) is not None


def test_a_stretch_is_cut_by_stream_copy(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mp4", scene(0, 6), gop=10)
    cut(path, 2300, 4400, tmp_path / "b.mp4")
    whole, part = probe(path), probe(tmp_path / "b.mp4")
    assert (part.codec, part.fps, part.torn) == (whole.codec, whole.fps, False)
    assert part.duration_ms == pytest.approx(2400, abs=200)  # from the keyframe at 2 s
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".")] == []
    with footage(path, Tally()) as a, footage(tmp_path / "b.mp4", Tally()) as b:
        first, same = a.keyframe(a.gops[2]), b.keyframe(b.gops[0])
        assert first is not None
        assert same is not None
        assert (first.grey() == same.grey()).all()


def test_what_is_no_video_cannot_be_cut(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    path.write_text("no video\n")
    with pytest.raises(BadMedia, match=r"a\.mp4"):
        cut(path, 0, 1000, tmp_path / "b.mp4")
    assert not (tmp_path / "b.mp4").exists()
