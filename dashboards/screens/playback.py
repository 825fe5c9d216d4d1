"""Playback: a camera's local day on a timeline, and the picture of any moment of it."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import streamlit as st

from dashboards import view
from dashboards.player import deck
from dashboards.words import times
from dashboards.words.common import Common
from dashboards.words.playback import Playback as Words
from flows.catalogue.stand_ins import StandIn

MOST_TOLD = 5


def _day(asked_ms: int | None, camera: str, where: ZoneInfo) -> dt.date:
    """The day to begin with: the one asked for, or the last with footage."""
    at_ms = asked_ms if asked_ms is not None else view.newest_ms(camera)
    return view.local(view.now_ms() if at_ms is None else at_ms, where).date()


def _empty() -> None:
    st.subheader(Common.NO_CAMERA())
    st.markdown(Common.HOW_TO_BEGIN())


def _forget_moment() -> None:
    # Another camera or day was chosen: the address' moment belonged to the one before.
    st.query_params.pop("at", None)
    st.query_params["camera"] = st.session_state["playback-camera"]


def _step(days: int) -> None:
    st.session_state["playback-day"] += dt.timedelta(days=days)
    st.query_params.pop("at", None)


def playback() -> None:
    """The page."""
    with view.told():
        names = view.cameras()
    if not names:
        return _empty()
    where = view.zone()
    asked, at_ms = st.query_params.get("camera"), view.query_time("at")
    if asked is not None and asked not in names:
        st.warning(Common.NO_SUCH_CAMERA(name=asked))
    chosen = asked if asked in names else names[0]
    # A new address (a click in Search) sets the widgets; their own changes rewrite the address.
    if st.session_state.get("playback-camera") not in names or chosen == asked:
        st.session_state["playback-camera"] = chosen
    if at_ms is not None or "playback-day" not in st.session_state:
        st.session_state["playback-day"] = _day(at_ms, chosen, where)
    camera, day = _controls(names)
    start_ms, end_ms = view.day_bounds(day, where)
    if at_ms is not None and not start_ms <= at_ms < end_ms:
        at_ms = None
    _say_stand_ins(camera, start_ms, end_ms, where)
    deck(camera, start_ms, end_ms, at_ms=at_ms, zone=where.key)
    return None


def _say_stand_ins(camera: str, start_ms: int, end_ms: int, where: ZoneInfo) -> None:
    with view.told():
        found = view.stand_ins(camera, start_ms, end_ms)
    if found:
        told = ", ".join(_stretch(one, where) for one in found[:MOST_TOLD])
        more = len(found) - MOST_TOLD
        st.warning(Words.STAND_IN(times=told + (Words.AND_MORE(count=more) if more > 0 else "")))


def _stretch(one: StandIn, where: ZoneInfo) -> str:
    return f"{times.clock(one.start_ms, where)}–{times.clock(one.end_ms, where)}"


def _controls(names: list[str]) -> tuple[str, dt.date]:
    row = st.container(horizontal=True, vertical_alignment="bottom")
    camera = row.selectbox(
        Common.CAMERA(), names, key="playback-camera", on_change=_forget_moment, width=220
    )
    row.button("‹", help=Words.DAY_BEFORE(), on_click=_step, args=(-1,))
    day = row.date_input(
        Common.DAY(),
        key="playback-day",
        on_change=_forget_moment,
        width=170,
        format="YYYY-MM-DD",
    )
    row.button("›", help=Words.DAY_AFTER(), on_click=_step, args=(1,))
    return camera, day
