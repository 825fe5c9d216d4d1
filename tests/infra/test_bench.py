"""What benches count must be right whatever the machine's speed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import av
import polars as pl
import pytest

from edge.errors import BadName
from flows.catalogue.schema import DETECTIONS, EVENTS, SEGMENTS, Table
from infra.bench import Goal, Row, choose
from infra.bench.months import detections, events, segments
from infra.bench.pictures import Pictures
from infra.bench.streams import encode


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """Sixty pictures of noise."""
    return encode(tmp_path / "clip.mp4", seconds=2)


def recorded(clip: Path, name: str, numbers: range, without: tuple[int, ...] = ()) -> Path:
    """A stream copy of some of its packets, with start codes as a stream has them."""
    target = clip.with_name(name)
    with av.open(str(clip)) as source, av.open(str(target), "w", format="mpegts") as out:
        video = source.streams.video[0]
        copy = out.add_stream_from_template(video)
        packets = [packet for packet in source.demux(video) if packet.size]
        for number in numbers:
            if number not in without:
                packets[number].stream = copy
                out.mux(packets[number])
    return target


def test_a_recording_of_all_pictures_lost_none(clip: Path) -> None:
    files = [recorded(clip, "a.ts", range(10, 30)), recorded(clip, "b.ts", range(30, 40))]
    assert Pictures(clip).lost(files, least=30) == 0


def test_pictures_that_are_missing_are_counted(clip: Path) -> None:
    pictures = Pictures(clip)
    holed = recorded(clip, "c.ts", range(40), without=(12, 13))
    assert pictures.lost([holed], least=30) == 2
    short = recorded(clip, "d.ts", range(10))
    assert pictures.lost([short], least=30) == 20
    assert pictures.lost([], least=30) == 30


def test_a_figure_is_held_to_its_goal() -> None:
    row = Row("record", 1.2, 1.0, "ffmpeg", "CPU-s", Goal(1.3, "ratio")).as_json()
    assert (row["ratio"], row["met"]) == (1.2, True)
    assert Row("record-lost", 1, 0, "ffmpeg", "pictures", Goal(0, "ours")).as_json()["met"] is False
    assert Row("record-memory", 30.0, 15.0, "ffmpeg", "MB").as_json()["met"] is None


def test_benches_are_chosen_by_name_or_by_what_they_are_of() -> None:
    assert choose("record") == ["record", "record-core", "record-lost", "record-memory"]
    assert choose("record-core") == ["record-core"]
    with pytest.raises(BadName):
        choose("rekord")


@pytest.mark.parametrize(
    ("made", "table"), [(segments, SEGMENTS), (events, EVENTS), (detections, DETECTIONS)]
)
def test_rows_that_are_searched_are_those_of_the_tables(
    made: Callable[[int], pl.DataFrame], table: Table
) -> None:
    rows = made(0)
    assert dict(rows.drop("start_ms").schema) == dict(table.schema)
    assert rows["id"].n_unique() == rows.height > 0
