"""HLS playlists of byte ranges: how a player runs through a camera's stretch of time."""

from __future__ import annotations

import polars as pl

CONTENT_TYPE = "application/vnd.apple.mpegurl"

# `edge.clock.to_iso` as polars spells it: a day is 17,000 times, 0.3 s in Python.
ISO = "%Y-%m-%dT%H:%M:%S%.3fZ"


def ranges(segments: pl.DataFrame, start_ms: int, end_ms: int) -> pl.DataFrame:
    """The byte ranges that play `[start_ms, end_ms)`, in order: `id, init_bytes, first,
    offset_bytes, size_bytes, at_ms, media_ms`.

    `at_ms` is each range's own time: the segment's start and the range's place in it, never
    a sum of durations. `first` marks where a segment begins.
    """
    parts = (
        segments.select("id", "init_bytes", "start_utc", "ranges")
        .filter(pl.col("ranges").list.len() > 0)
        .sort("start_utc", "id")
        .explode("ranges")
        .unnest("ranges")
        .with_columns(at_ms=pl.col("start_utc").dt.epoch("ms") + pl.col("start_ms"))
        .with_columns(until_ms=pl.col("at_ms") + pl.col("media_ms"))
        # Footage imported over a recording, or a clock set back, covers a time twice. A player
        # can't go back in programme time, so what was reached before is not told again.
        .with_columns(
            reached_ms=pl.col("until_ms").cum_max().shift(1).fill_null(start_ms),
            begun_ms=pl.col("at_ms").cum_max().shift(1).fill_null(0),
        )
    )
    shown = parts.filter(
        pl.col("until_ms") > pl.max_horizontal("reached_ms", pl.lit(start_ms)),
        pl.col("at_ms") >= pl.col("begun_ms"),
        pl.col("at_ms") < end_ms,
    )
    return shown.with_columns(first=pl.col("id") != pl.col("id").shift(1).fill_null("")).select(
        "id", "init_bytes", "first", "offset_bytes", "size_bytes", "at_ms", "media_ms"
    )


def playlist(shown: pl.DataFrame, *, ended: bool, address: str) -> str:
    """An HLS 7 media playlist of fragmented MP4 of these `ranges`.

    A gap is a jump of the programme time and nothing else. `address` is a segment's, with
    `{}` for its id. `ended`: nothing will be added.
    """
    # The specification wants no EXTINF above it, rounded to the nearest second.
    longest_ms = shown["media_ms"].max() if len(shown) else 1_000
    assert isinstance(longest_ms, int)
    lines = [
        "#EXTM3U",
        "#EXT-X-VERSION:7",
        f"#EXT-X-TARGETDURATION:{-(-longest_ms // 1_000)}",
        f"#EXT-X-PLAYLIST-TYPE:{'VOD' if ended else 'EVENT'}",
        "#EXT-X-MEDIA-SEQUENCE:0",
        "#EXT-X-INDEPENDENT-SEGMENTS",
        *_entries(shown, address),
    ]
    return "\n".join([*lines, "#EXT-X-ENDLIST"] if ended else lines) + "\n"


def _entries(shown: pl.DataFrame, address: str) -> list[str]:
    before, after = address.split("{}")
    uri = pl.concat_str(pl.lit(before), "id", pl.lit(after))
    opening = pl.format(
        '#EXT-X-DISCONTINUITY\n#EXT-X-MAP:URI="{}",BYTERANGE="{}@0"\n', uri, "init_bytes"
    )
    seconds = pl.format(
        "{}.{}",
        pl.col("media_ms") // 1_000,
        (pl.col("media_ms") % 1_000).cast(pl.String).str.zfill(3),
    )
    return (
        shown.select(
            pl.format(
                "{}#EXT-X-PROGRAM-DATE-TIME:{}\n#EXTINF:{},\n#EXT-X-BYTERANGE:{}@{}\n{}",
                pl.when("first").then(opening).otherwise(pl.lit("")),
                pl.from_epoch("at_ms", time_unit="ms").dt.strftime(ISO),
                seconds,
                "size_bytes",
                "offset_bytes",
                uri,
            )
        )
        .to_series()
        .to_list()
    )
