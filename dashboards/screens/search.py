"""Search: who was seen where and when, as pictures that play from that moment."""

from __future__ import annotations

import datetime as dt
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import polars as pl
import streamlit as st

from dashboards import view
from dashboards.cards import cards
from dashboards.seen import card
from dashboards.words import times
from dashboards.words.common import Common, label
from dashboards.words.search import Search as Words
from edge.clock import to_ms
from flows.catalogue.stand_ins import StandIn

PAGE = 24
KEPT = ("search-camera", "search-day", "search-hours", "search-label", "search-score")
MORNING, MIDNIGHT = dt.time(), dt.time(23, 59)


class _Wanted(NamedTuple):
    camera: str | None
    start_ms: int
    end_ms: int
    label: str | None
    score: float


def search(player: Any) -> None:
    """The page; a click on a picture opens the page `player` at that moment."""
    where = view.zone()
    with view.told():
        names, newest_ms = view.cameras(), view.newest_ms()
    if newest_ms is None:
        return _nothing(names)
    if "search-day" not in st.session_state:
        st.session_state["search-day"] = _first_day(newest_ms, where)
    st.session_state.setdefault("search-hours", (MORNING, MIDNIGHT))
    wanted = _filters(names, where)
    with view.told():
        found = view.events(*wanted)
        drawn = view.stand_ins(wanted.camera, wanted.start_ms, wanted.end_ms)
    if drawn:
        of = ", ".join(dict.fromkeys(one.camera for one in drawn))
        st.warning(Words.DRAWN(cameras=of))
    if found.is_empty():
        return _none(wanted, where)
    return _show(found, drawn, where, player)


def _first_day(newest_ms: int, where: ZoneInfo) -> dt.date:
    """The last day on which something was seen, or else recorded."""
    latest = view.latest_event_ms(None)
    return view.local(newest_ms if latest is None else latest, where).date()


def _filters(names: list[str], where: ZoneInfo) -> _Wanted:
    row = st.container(horizontal=True)
    camera = row.selectbox(
        Common.CAMERA(),
        ["", *names],
        key="search-camera",
        width=180,
        format_func=lambda name: name or Common.ALL_CAMERAS(),
    )
    day = row.date_input(Common.DAY(), key="search-day", width=170, format="YYYY-MM-DD")
    hours: Any = row.slider(  # a pair, as the session holds one
        Common.TIME(zone=where.key),
        *(MORNING, MIDNIGHT),
        step=dt.timedelta(minutes=15),
        format="HH:mm",
        key="search-hours",
        width=320,
    )
    wanted = row.selectbox(
        Words.WHAT(),
        ["", *view.labels()],
        key="search-label",
        width=160,
        format_func=lambda name: label(name) if name else Words.ANYTHING(),
    )
    score = row.slider(
        Words.AT_LEAST(), 0, 100, step=5, format="%d %%", key="search-score", width=170
    )
    start_ms, end_ms = _bounds(day, hours, where)
    return _Wanted(
        camera or None,
        start_ms,
        end_ms,
        wanted or None,
        score / 100,
    )


def _bounds(day: dt.date, hours: tuple[dt.time, dt.time], where: ZoneInfo) -> tuple[int, int]:
    first, last = hours
    start_ms = to_ms(dt.datetime.combine(day, first, where))
    if last == MIDNIGHT:
        return start_ms, view.day_bounds(day, where)[1]
    return start_ms, max(to_ms(dt.datetime.combine(day, last, where)), start_ms + 60_000)


def _nothing(names: list[str]) -> None:
    st.subheader(Words.NOTHING_STORED())
    if names:
        st.markdown(Words.FIRST_SEGMENT())
        return
    st.markdown(Common.HOW_TO_BEGIN())


def _go_to(day: dt.date) -> None:
    st.session_state["search-day"] = day
    st.session_state["search-hours"] = (MORNING, MIDNIGHT)


def _none(wanted: _Wanted, where: ZoneInfo) -> None:
    st.subheader(Words.NOTHING_FOUND())
    latest = view.latest_event_ms(wanted.camera)
    if latest is None:
        st.markdown(Words.NO_EVENT())
        return
    day = view.local(latest, where).date()
    st.markdown(Words.WIDEN())
    st.button(Words.SHOW_DAY(day=times.day(day)), on_click=_go_to, args=(day,), type="primary")


def _show(found: pl.DataFrame, drawn: list[StandIn], where: ZoneInfo, player: Any) -> None:
    shown = st.session_state.setdefault("search-shown", PAGE)
    zone = Words.TIMES(zone=times.zone(where, to_ms(found["start_utc"][0])))
    st.caption(f"{Words.FOUND(count=len(found))} · {zone}")
    rows = found.head(shown).iter_rows(named=True)
    answer = cards([card(row, drawn, where) for row in rows])
    if answer.opened:
        st.switch_page(player, query_params=answer.opened)
    if len(found) > shown and st.button(Common.SHOW_MORE(count=min(PAGE, len(found) - shown))):
        st.session_state["search-shown"] = shown + PAGE
        st.rerun()
