"""Retention: what goes next and what that frees, how long the room lasts, and what is held."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import streamlit as st

from dashboards import spools, state, view
from dashboards.state import Room
from dashboards.words import times
from dashboards.words.common import Common
from dashboards.words.retention import Retention as Words
from flows.stages.foreseen import foreseen

DAYS = 7
DAY_MS = 86_400_000
WIDE_PX = 250
# Of a month of twenty cameras it takes a second or two, and changes by the segment.
FRESH = dt.timedelta(seconds=60)


def retention() -> None:
    """The page."""
    where = view.zone()
    with view.told():
        by_camera, by_day = _by_camera(), _by_day(where.key)
        room = _room()
    if by_camera.is_empty():
        st.subheader(Words.NOTHING())
        st.markdown(Common.HOW_TO_BEGIN())
        return
    _numbers(by_camera, by_day, room)
    _full_first(by_camera, room)
    _next(by_day)
    _cameras(by_camera, where)
    st.caption(f"{Words.EXPLAINED()} {Common.ZONE(zone=times.zone(where, view.now_ms()))}")


@st.cache_data(ttl=FRESH, show_spinner=False)
def _foreseen(only: list[str] | None) -> pl.DataFrame:  # noqa: ARG001  what is told depends on it
    return foreseen(view.site())


def _plan() -> pl.DataFrame:
    only = view.site().only
    return _foreseen(None if only is None else sorted(only))


@view.fresh
def _by_camera() -> pl.DataFrame:
    """A row a camera: what it stores, what is held, when the next goes."""
    free, size = ~pl.col("held"), pl.col("size_bytes")
    return (
        _plan()
        .group_by("camera")
        .agg(
            size.sum().alias("bytes"),
            pl.col("start_ms").min().alias("oldest_ms"),
            pl.col("due_ms").filter(free).min().alias("next_ms"),
            size.filter(pl.col("held")).sum().alias("held_bytes"),
            pl.col("held").sum().alias("held"),
        )
        .sort("camera")
    )


@view.fresh
def _by_day(zone: str) -> pl.DataFrame:
    """What goes on each of the next local days: `day` None is overdue; `day, segments, bytes`."""
    now_ms = view.now_ms()
    coming = _plan().filter(~pl.col("held"), pl.col("due_ms") <= now_ms + DAYS * DAY_MS)
    local = pl.from_epoch("due_ms", time_unit="ms").dt.replace_time_zone("UTC")
    day = pl.when(pl.col("due_ms") > now_ms).then(local.dt.convert_time_zone(zone).dt.date())
    counted = [pl.len().alias("segments"), pl.col("size_bytes").sum().alias("bytes")]
    return coming.group_by(day.alias("day")).agg(*counted).sort("day", nulls_last=False)


@view.fresh
def _room() -> Room | None:
    site = view.site()
    return state.room(site, state.cameras(site, spools.spools(site)))


def _numbers(by_camera: pl.DataFrame, by_day: pl.DataFrame, room: Room | None) -> None:
    overdue = by_day.filter(pl.col("day").is_null())
    row = st.container(horizontal=True)
    _metric(row, Words.OVERDUE(), overdue, Words.OVERDUE_SAID())
    soon = by_day.filter(pl.col("day").is_not_null()).head(1)
    _metric(row, Words.GOES_NEXT(), soon, "")
    held, size = int(by_camera["held"].sum()), int(by_camera["held_bytes"].sum())
    _box(row, Words.HELD(), times.size(size), Words.SEGMENTS(count=held))
    free = Words.FREE(size=times.size(room.free_bytes)) if room else Words.NO_DISK()
    _box(row, Words.ROOM_LASTS(), _lasts(room), free)


def _metric(row: Any, title: str, found: pl.DataFrame, said: str) -> None:
    if found.is_empty():
        _box(row, title, times.size(0), Words.SEGMENTS(count=0))
        return
    day = found["day"][0]
    segments = Words.SEGMENTS(count=int(found["segments"].sum()))
    told = said or (times.short_day(day) if day else "")
    _box(row, title, times.size(int(found["bytes"].sum())), f"{segments} · {told}")


def _box(row: Any, title: str, value: str, said: str) -> None:
    row.metric(title, value, said, delta_color="off", delta_arrow="off", border=True, width=WIDE_PX)


def _lasts(room: Room | None) -> str:
    if room is None or room.days_left is None:
        return "–"
    ms = room.days_left * DAY_MS
    return times.span(ms) if room.days_left < 3_650 else Words.TEN_YEARS()


def _full_first(by_camera: pl.DataFrame, room: Room | None) -> None:
    """Say so where the disk fills before the first footage that it could lose comes of age."""
    first = by_camera["next_ms"].min()
    if room is None or room.days_left is None or not isinstance(first, int):
        return
    lasts_ms = room.days_left * DAY_MS
    if view.now_ms() + lasts_ms < first:
        st.warning(Words.FULL_FIRST(room=times.span(lasts_ms)), icon=":material/hard_drive:")


def _next(by_day: pl.DataFrame) -> None:
    st.subheader(Words.BY_DAY())
    if by_day.is_empty():
        st.caption(Words.NOTHING_NEXT(days=DAYS))
        return
    rows = [
        {
            Common.DAY(): times.day(row["day"]) if row["day"] else f":orange[{Words.OVERDUE()}]",
            Words.SEGMENTS_HEAD(): f"{row['segments']:,}",
            Words.FREES(): times.size(row["bytes"]),
        }
        for row in by_day.iter_rows(named=True)
    ]
    st.table(rows, border="horizontal", hide_index=True)


def _cameras(by_camera: pl.DataFrame, where: ZoneInfo) -> None:
    st.subheader(Words.BY_CAMERA())
    settings, now_ms = view.site().settings, view.now_ms()
    rows = [
        {
            Common.CAMERA(): row["camera"],
            Words.KEPT_FOR(): Words.DAYS(days=f"{settings.retain_for(row['camera']).days:g}"),
            Words.STORED(): times.size(row["bytes"]),
            Words.OLDEST(): times.moment(row["oldest_ms"], where),
            Words.NEXT(): _when(row["next_ms"], now_ms),
            Words.HELD_HEAD(): times.size(row["held_bytes"]) if row["held"] else "",
        }
        for row in by_camera.iter_rows(named=True)
    ]
    st.table(rows, border="horizontal", hide_index=True)


def _when(next_ms: int | None, now_ms: int) -> str:
    if next_ms is None:
        return "–"
    return Words.NOW() if next_ms <= now_ms else times.ahead(next_ms - now_ms)
