"""Playback: a camera's time from a month to ten seconds, and the picture of any moment of it."""

from __future__ import annotations

from contextlib import suppress
from zoneinfo import ZoneInfo

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboards import view
from dashboards.player import deck
from dashboards.words import times
from dashboards.words.common import Common
from dashboards.words.playback import Playback as Words
from edge.errors import LivecamError
from flows.catalogue.stand_ins import StandIn

MOST_TOLD = 5
MOST_BESIDE = 3


def _day(asked_ms: int | None, camera: str, where: ZoneInfo) -> tuple[int, int]:
    """The local day to begin with: of the moment asked for, or the last with footage."""
    at_ms = asked_ms if asked_ms is not None else view.newest_ms(camera)
    day = view.local(view.now_ms() if at_ms is None else at_ms, where).date()
    return view.day_bounds(day, where)


def _empty() -> None:
    st.subheader(Common.NO_CAMERA())
    st.markdown(Common.HOW_TO_BEGIN())


def _name_camera() -> None:
    # The moment stays: what the other camera saw then is what one wants to know.
    st.query_params["camera"] = st.session_state["playback-camera"]


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
    # A new address (a click in Search) sets the widget; its own changes rewrite the address.
    if st.session_state.get("playback-camera") not in names or chosen == asked:
        st.session_state["playback-camera"] = chosen
    row = st.container(horizontal=True)
    camera = row.selectbox(
        Common.CAMERA(), names, key="playback-camera", on_change=_name_camera, width=220
    )
    beside = _beside(row, [name for name in names if name != camera])
    _say_stand_ins(camera, *_day(at_ms, camera, where), where)
    deck(camera, at_ms=at_ms, zone=where.key, beside=beside)
    return None


def _beside(row: DeltaGenerator, others: list[str]) -> list[str]:
    """The cameras that are shown with it, which the address names."""
    if not others:
        return []
    named = st.query_params.get("beside", "")
    wanted = st.session_state.get("playback-beside", named.split(","))
    st.session_state["playback-beside"] = [name for name in others if name in wanted][:MOST_BESIDE]
    chosen: list[str] = row.multiselect(
        Words.BESIDE(),
        others,
        key="playback-beside",
        max_selections=MOST_BESIDE,
        placeholder=Common.CHOOSE(),
        width=420,
    )
    if chosen:
        st.query_params["beside"] = ",".join(chosen)
    elif named:
        del st.query_params["beside"]
    return chosen


def _say_stand_ins(camera: str, start_ms: int, end_ms: int, where: ZoneInfo) -> None:
    found: list[StandIn] = []
    with suppress(LivecamError):  # the player says what it lacks, and goes on by itself
        found = view.stand_ins(camera, start_ms, end_ms)
    if found:
        told = ", ".join(_stretch(one, where) for one in found[:MOST_TOLD])
        more = len(found) - MOST_TOLD
        st.warning(Words.STAND_IN(times=told + (Words.AND_MORE(count=more) if more > 0 else "")))


def _stretch(one: StandIn, where: ZoneInfo) -> str:
    return f"{times.clock(one.start_ms, where)}–{times.clock(one.end_ms, where)}"
