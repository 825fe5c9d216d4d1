from __future__ import annotations

import re
from datetime import timedelta

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from edge.clock import to_iso, to_utc
from flows.catalogue.schema import SEGMENTS
from flows.media.playlist import playlist, ranges

COLUMNS = ("id", "init_bytes", "start_utc", "ranges")
SCHEMA = pl.Schema({name: SEGMENTS.schema[name] for name in COLUMNS})
T0 = 1_793_491_200_000


def segment(name: str, start_ms: int, *lengths_ms: int) -> dict[str, object]:
    starts = [sum(lengths_ms[:n]) for n in range(len(lengths_ms))]
    parts = [
        {"offset_bytes": 100 + s, "size_bytes": n, "start_ms": s, "media_ms": n}
        for s, n in zip(starts, lengths_ms, strict=True)
    ]
    return {"id": name, "init_bytes": 100, "start_utc": to_utc(start_ms), "ranges": parts}


def table(*rows: dict[str, object]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def text(*rows: dict[str, object], start_ms: int = T0, end_ms: int = T0 + 600_000) -> str:
    shown = ranges(table(*rows), start_ms, end_ms)
    return playlist(shown, ended=True, address="../segments/{}/media")


def test_every_segment_begins_with_a_break_and_its_own_init_section() -> None:
    told = text(segment("a", T0, 4_000, 5_000), segment("b", T0 + 9_000, 4_000)).splitlines()
    assert told.count("#EXT-X-DISCONTINUITY") == 2
    assert '#EXT-X-MAP:URI="../segments/b/media",BYTERANGE="100@0"' in told
    at = told.index("#EXT-X-PROGRAM-DATE-TIME:" + to_iso(T0 + 4_000))
    assert told[at + 1 : at + 4] == [
        "#EXTINF:5.000,",
        "#EXT-X-BYTERANGE:5000@4100",
        "../segments/a/media",
    ]
    assert told[-1] == "#EXT-X-ENDLIST"
    assert "#EXT-X-TARGETDURATION:5" in told


def test_a_gap_is_a_jump_of_programme_time_and_never_media() -> None:
    times = re.findall(
        r"DATE-TIME:(.*)", text(segment("a", T0, 4_000), segment("b", T0 + 60_000, 4_000))
    )
    assert times == [to_iso(T0), to_iso(T0 + 60_000)]


def test_only_ranges_that_play_the_stretch_are_named() -> None:
    told = text(segment("a", T0, 4_000, 4_000, 4_000), start_ms=T0 + 5_000, end_ms=T0 + 8_000)
    assert re.findall(r"DATE-TIME:(.*)", told) == [to_iso(T0 + 4_000)]
    assert "EXT-X-MAP" in told


def test_footage_that_covers_a_time_twice_is_told_once() -> None:
    told = text(
        segment("a", T0, 4_000, 4_000),
        segment("b", T0 + 1_000, 4_000),
        segment("c", T0 + 8_000, 4_000),
    )
    assert "segments/b/" not in told
    assert "segments/c/" in told


def test_a_stretch_without_footage_is_a_playlist_without_segments() -> None:
    told = text()
    assert told.startswith("#EXTM3U")
    assert "EXTINF" not in told


@given(
    st.lists(
        st.tuples(st.integers(0, 90_000), st.lists(st.integers(1, 12_000), max_size=4)),
        max_size=12,
    )
)
def test_programme_time_only_goes_forward(made: list[tuple[int, list[int]]]) -> None:
    rows = [segment(f"s{n}", T0 + at, *lengths) for n, (at, lengths) in enumerate(made)]
    shown = ranges(table(*rows), T0, T0 + 600_000)
    ends = (shown["at_ms"] + shown["media_ms"]).to_list()
    assert ends == sorted(set(ends))
    assert shown["at_ms"].is_sorted()


def test_times_are_spelled_as_everywhere_else() -> None:
    odd = int((to_utc(T0) + timedelta(milliseconds=7)).timestamp() * 1_000)
    assert to_iso(odd) in text(segment("a", odd, 4_000))
