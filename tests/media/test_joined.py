"""Segments joined: the source's own packets, on the real time line, playable from the start."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import pytest

from edge import mp4
from edge.errors import BadMedia
from flows.media.joined import Joined, Joiner
from tests.dashboards import footage

T0 = 1_793_491_200_000
STARTS = (T0, T0 + 4_000, T0 + 20_000)  # twelve seconds are missing after the second


def segments(folder: Path, starts: Sequence[int] = STARTS, **how: Any) -> list[tuple[Path, int]]:
    made = []
    for number, at_ms in enumerate(starts):
        path = folder / f"{number}.mp4"
        path.write_bytes(footage.movie("gate", at_ms, 4, **how))
        made.append((path, at_ms))
    return made


def join(
    folder: Path, made: Sequence[tuple[Path, int]], start_ms: int, end_ms: int, **how: Any
) -> list[Joined]:
    joiner = Joiner(folder, start_ms, end_ms, **how)
    done = [joiner.add(path, path.stem, at_ms) for path, at_ms in made]
    return [one for one in (*done, joiner.close()) if one is not None]


def packets(path: Path, kind: str = "video") -> list[tuple[int, bytes]]:
    """Each packet's presentation (ms from the first) and bytes, in decode order.

    From the first: libav moves fragments with B-frames by as many as are decoded ahead.
    """
    with av.open(str(path)) as container:
        [stream] = [one for one in container.streams if one.type == kind]
        begun = stream.start_time or 0
        return [
            (round(((p.pts or 0) - begun) * float(p.time_base) * 1_000), bytes(p))
            for p in container.demux(stream)
            if p.size and not p.is_discard
        ]


def shown(path: Path) -> list[int]:
    """When each picture is shown, as a player decodes them (ms from the file's 0)."""
    with av.open(str(path)) as container:
        return [round(float(f.time or 0) * 1_000) for f in container.decode(video=0)]


@pytest.mark.parametrize(
    "how",
    [
        {},
        {"b_frames": 2},
        {"codec": "libx265"},  # open GOPs, B-frames that lean on later ones
        {"sound": True, "b_frames": 2},
    ],
    ids=["plain", "b-frames", "hevc", "sound"],
)
def test_a_file_holds_exactly_the_range_s_pictures(tmp_path: Path, how: dict[str, Any]) -> None:
    made = segments(tmp_path, **how)
    [done] = join(tmp_path, made, T0 + 1_500, T0 + 22_350)
    wanted = {
        at_ms - T0 - 1_000 + ms: data
        for path, at_ms in made
        for ms, data in packets(path)
        if T0 + 1_000 <= at_ms + ms < T0 + 22_350
    }
    assert dict(packets(done.path)) == wanted
    # Each stands where it was taken: the gap is a picture held.
    assert (
        shown(done.path) == sorted(wanted) == [*range(0, 7_000, 100), *range(19_000, 21_400, 100)]
    )
    assert (done.first_ms, done.last_ms, done.pictures) == (T0 + 1_000, T0 + 22_300, 94)
    assert [(s.segment_id, s.start_ms - T0) for s in done.spans] == [
        ("0", 1_000),
        ("1", 4_000),
        ("2", 20_000),
    ]


def test_sound_comes_along_in_its_place(tmp_path: Path) -> None:
    made = segments(tmp_path, sound=True)
    [done] = join(tmp_path, made, T0 + 1_500, T0 + 22_000)
    sounds = packets(done.path, "audio")
    source = {data for path, _ in made for _, data in packets(path, "audio")}
    assert {data for _, data in sounds} <= source
    times = [ms for ms, _ in sounds]
    assert times == sorted(times)
    assert times[0] < 25
    assert [b - a for a, b in pairwise(times) if b - a > 100] == [pytest.approx(12_000, abs=50)]
    assert 20_900 < times[-1] < 21_000


def test_a_browser_finds_the_index_first(tmp_path: Path) -> None:
    [done] = join(tmp_path, segments(tmp_path), T0, T0 + 60_000)
    data = done.path.read_bytes()
    assert [box.kind for box in mp4.boxes(data)] == [b"ftyp", b"moov", b"mdat"]
    assert (len(data), sha256(data).hexdigest(), zlib.crc32(data)) == (
        done.size_bytes,
        done.sha256,
        done.crc32,
    )
    assert not list(tmp_path.glob(".*.data"))


def test_other_parameters_begin_another_file(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    loud = segments(tmp_path / "a", sound=True)
    quiet = segments(tmp_path, STARTS[1:])
    done = join(tmp_path, [loud[0], *quiet], T0 + 2_000, T0 + 30_000)
    assert [(one.first_ms - T0, one.pictures) for one in done] == [(2_000, 20), (4_000, 80)]
    assert [one.mime_codecs.count(",") for one in done] == [1, 0]
    assert shown(done[1].path) == [*range(0, 4_000, 100), *range(16_000, 20_000, 100)]


def test_a_file_that_grows_too_large_is_followed_by_another(tmp_path: Path) -> None:
    made = segments(tmp_path)
    done = join(tmp_path, made, T0, T0 + 30_000, most_bytes=1)
    assert [one.pictures for one in done] == [40, 40, 40]
    assert [len(packets(one.path)) for one in done] == [40, 40, 40]


def test_a_day_without_pictures_is_no_picture_held_for_a_day(tmp_path: Path) -> None:
    made = segments(tmp_path, (T0, T0 + 20 * 3_600_000))
    done = join(tmp_path, made, T0, T0 + 86_400_000)
    assert [one.first_ms - T0 for one in done] == [0, 20 * 3_600_000]


def test_footage_that_covers_a_time_twice_is_told_once(tmp_path: Path) -> None:
    made = segments(tmp_path, (T0, T0 + 2_000, T0 + 5_950))
    [done] = join(tmp_path, made, T0, T0 + 60_000)
    times = shown(done.path)
    assert times == sorted(set(times))
    # Two seconds of the second, then all of the third, which overlaps by what cameras drift.
    assert [span.start_ms - T0 for span in done.spans] == [0, 4_000, 5_950]
    assert done.pictures == 40 + 20 + 40


def test_what_is_no_footage_takes_no_other_with_it(tmp_path: Path) -> None:
    made = segments(tmp_path)
    torn = tmp_path / "torn.mp4"
    torn.write_bytes(made[0][0].read_bytes()[:300])
    joiner = Joiner(tmp_path, T0, T0 + 60_000)
    joiner.add(*_of(made[0]))
    for bad in (torn, tmp_path / "text.mp4"):
        bad.touch()
        with pytest.raises(BadMedia):
            joiner.add(bad, "bad", T0 + 2_000)
    joiner.add(*_of(made[1]))
    done = joiner.close()
    assert done is not None
    assert len(shown(done.path)) == 80


def _of(made: tuple[Path, int]) -> tuple[Path, str, int]:
    return made[0], made[0].stem, made[1]
