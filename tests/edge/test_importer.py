"""Files become segments that tile their time, with every packet as it was."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import pytest

from edge.clock import from_iso
from edge.errors import BadMedia
from edge.importer import Report, import_files
from edge.segment import Origin, Segment
from edge.spool import Spool
from tests.edge import footage
from tests.edge.fake_clock import FakeClock
from tests.edge.footage import Clip

START_MS = from_iso("2026-11-01T10:00:00Z")
SEGMENT_MS = 4_000


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(tmp_path / "spool", "local", FakeClock())


def imported(
    spool: Spool,
    *files: Path,
    start_ms: int = START_MS,
    segment_ms: int = SEGMENT_MS,
    covered: Callable[[int, int], bool] = lambda _start, _end: False,
) -> Report:
    return import_files(spool, list(files), "hall", start_ms, segment_ms, covered)


def segments(report: Report) -> list[Segment]:
    return [item.segment for item in report.imported if item.segment]


def kept(spool: Spool) -> list[bytes]:
    return [data for item in spool.sealed() for data in footage.payloads(item.path)]


@pytest.mark.parametrize(
    "clip",
    [
        pytest.param(Clip(seconds=10), id="plain"),
        pytest.param(Clip(seconds=10, b_frames=2, gop=20), id="b-frames"),
        pytest.param(Clip(seconds=10, codec="libx265"), id="hevc"),
        pytest.param(Clip(seconds=10, gop=1), id="all keyframes"),
        pytest.param(Clip(seconds=10, size=(98, 66)), id="odd size"),
        pytest.param(Clip(seconds=10, audio="aac"), id="sound"),
    ],
)
def test_segments_tile_the_files_time_and_hold_its_packets(
    clip: Clip, spool: Spool, tmp_path: Path
) -> None:
    source = clip.write(tmp_path / "s.mp4")
    found = segments(imported(spool, source))
    assert [s.start_ms - START_MS for s in found] == pytest.approx([0, 4_000, 8_000], abs=1_400)
    for one, following in pairwise(found):
        assert one.end_ms == following.start_ms
        assert one.media_ms == pytest.approx(one.wall_ms, abs=1)
    assert found[-1].end_ms == START_MS + 10_000
    assert kept(spool) == footage.payloads(source)
    assert {(s.origin, s.source, s.node) for s in found} == {(Origin.IMPORTED, "import", "local")}


def test_cuts_are_at_multiples_of_the_wall_clock(spool: Spool, tmp_path: Path) -> None:
    source = Clip(seconds=10).write(tmp_path / "s.mp4")
    found = segments(imported(spool, source, start_ms=START_MS + 1_500))
    assert [s.start_ms - START_MS for s in found] == [1_500, 4_500, 8_500]


def test_files_follow_one_another(spool: Spool, tmp_path: Path) -> None:
    one = Clip(seconds=3).write(tmp_path / "1.mp4")
    two = Clip(seconds=2, b_frames=2).write(tmp_path / "2.mp4")
    report = imported(spool, one, two)
    found = segments(report)
    assert [(s.start_ms - START_MS, s.wall_ms) for s in found] == [
        (0, 3_000),
        (3_000, 1_000),
        (4_000, 1_000),
    ]
    assert report.end_ms == START_MS + 5_000
    assert kept(spool) == footage.payloads(one) + footage.payloads(two)


def test_the_same_file_twice_is_the_same_segments(spool: Spool, tmp_path: Path) -> None:
    source = Clip(seconds=10, audio="aac", b_frames=2).write(tmp_path / "s.mp4")
    first = segments(imported(spool, source))
    again = imported(spool, source)
    assert segments(again) == []
    assert [item.skipped for item in again.imported] == ["already covered"] * len(first)
    other = Spool(tmp_path / "other", "local", FakeClock(utc_ms=5))
    assert segments(imported(other, source)) == first


def test_what_the_catalogue_has_is_skipped(spool: Spool, tmp_path: Path) -> None:
    source = Clip(seconds=10).write(tmp_path / "s.mp4")
    report = imported(spool, source, covered=lambda start, end: start < START_MS + 4_000 < end + 1)
    assert [bool(item.skipped) for item in report.imported] == [True, False, False]
    assert [s.start_ms - START_MS for s in segments(report)] == [4_000, 8_000]
    assert report.end_ms == START_MS + 10_000


def test_a_file_that_is_not_footage_is_refused_and_the_next_goes_on(
    spool: Spool, tmp_path: Path
) -> None:
    text = tmp_path / "notes.mp4"
    text.write_text("not footage\n" * 99)
    empty = tmp_path / "empty.mp4"
    empty.touch()
    sound = tmp_path / "sound.mkv"
    sound.write_bytes(b"\x1aE\xdf\xa3")
    old = Clip(seconds=1, codec="mpeg4").write(tmp_path / "old.mp4")
    good = Clip(seconds=3).write(tmp_path / "good.mp4")
    report = imported(spool, text, empty, sound, tmp_path / "absent.mp4", old, good)
    assert len(segments(report)) == 1
    assert report.end_ms == START_MS + 3_000
    assert len(report.refused) == 5
    for refused in report.refused:
        assert isinstance(refused.error, BadMedia)
        assert refused.file.name in str(refused.error)
    assert "mpeg4" in str(report.refused[-1].error)


def test_a_torn_file_gives_what_is_whole_and_says_what_is_lost(
    spool: Spool, tmp_path: Path
) -> None:
    source = Clip(seconds=10, gop=30).write(tmp_path / "s.mp4")
    whole = tmp_path / "whole"
    imported(Spool(whole, "local", FakeClock()), source, segment_ms=60_000)
    (sealed,) = (whole / "sealed").glob("*.mp4")
    for name, share in (("a.mp4", 0.7), ("b.mp4", 0.41)):
        torn = tmp_path / name
        data = sealed.read_bytes()
        torn.write_bytes(data[: int(share * len(data))])
        there = Spool(tmp_path / f"of-{name}", "local", FakeClock())
        imported(there, torn)
        found = kept(there)
        assert found == footage.payloads(source)[: len(found)]
        assert len(found) > 150 * share * 0.6


def test_a_file_whose_index_is_lost_is_refused(spool: Spool, tmp_path: Path) -> None:
    source = Clip(seconds=5).write(tmp_path / "s.mp4")
    source.write_bytes(source.read_bytes()[:-2_000])
    report = imported(spool, source)
    assert segments(report) == []
    assert "s.mp4" in str(report.refused[0].error)


def test_a_long_way_between_keyframes_makes_a_long_segment(spool: Spool, tmp_path: Path) -> None:
    source = Clip(seconds=20, fps=5, gop=80).write(tmp_path / "s.mp4")
    found = segments(imported(spool, source))
    assert [s.start_ms - START_MS for s in found] == [0, 16_000]
    assert kept(spool) == footage.payloads(source)


def test_timestamps_that_jump_back_go_on_where_they_were(spool: Spool, tmp_path: Path) -> None:
    one = Clip(seconds=6, b_frames=2).write(tmp_path / "1.ts").read_bytes()
    source = tmp_path / "joined.ts"
    source.write_bytes(one + one)
    found = segments(imported(spool, source))
    assert found[-1].end_ms - START_MS == pytest.approx(12_000, abs=300)
    for before, following in pairwise(found):
        assert before.end_ms == following.start_ms
    assert len(kept(spool)) == len(footage.payloads(source)) == 180


def test_pictures_at_uneven_times_keep_them(spool: Spool, tmp_path: Path) -> None:
    regular = Clip(seconds=4, gop=5).write(tmp_path / "s.mp4")
    source = tmp_path / "uneven.mkv"
    with av.open(str(regular)) as file, av.open(str(source), "w") as out:
        stream = out.add_stream_from_template(file.streams.video[0], opaque=True)
        for number, packet in enumerate(p for p in file.demux(video=0) if p.size):
            # Ever slower: 15 a second at first, a picture in 0.8 s at last.
            late = Fraction(number * number, 400) / packet.time_base
            packet.pts = packet.dts = (packet.pts or 0) + int(late)
            packet.stream = stream
            out.mux(packet)
    found = segments(imported(spool, source))
    assert kept(spool) == footage.payloads(source)
    assert found[-1].end_ms - START_MS == pytest.approx(59**2 / 0.4 + 59e3 / 15, abs=400)
    times = [
        item.segment.start_ms - START_MS + at * 1000
        for item in spool.sealed()
        for at in footage.presentation(item.path)
    ]
    assert times == pytest.approx([at * 1000 for at in footage.presentation(source)], abs=2)


@pytest.mark.sample("one-by-one-person-detection.mp4")
def test_the_sample_keeps_its_1394_packets(spool: Spool, samples: Path) -> None:
    source = samples / "one-by-one-person-detection.mp4"
    found = segments(imported(spool, source, segment_ms=30_000))
    assert [s.wall_ms for s in found] == [30_000] * 4 + [19_400]
    assert all(s.wall_ms == s.media_ms for s in found)
    assert kept(spool) == footage.payloads(source)
    assert len(kept(spool)) == 1_394


@pytest.mark.sample
@pytest.mark.parametrize("name", ["bottle-detection.mp4", "car-detection.mp4"])
def test_the_other_samples_keep_theirs(name: str, spool: Spool, samples: Path) -> None:
    found = segments(imported(spool, samples / name, segment_ms=30_000))
    assert kept(spool) == footage.payloads(samples / name)
    assert all(abs(s.wall_ms - s.media_ms) <= 1 for s in found)
