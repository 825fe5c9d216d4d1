"""Widgets that choose a stretch of local time, to the second."""

from __future__ import annotations

import datetime as dt
import re
from zoneinfo import ZoneInfo

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboards import view
from dashboards.words import times
from dashboards.words.common import Common
from edge.clock import to_ms

_TIME = re.compile(r"([01]?[0-9]|2[0-3])[:.]?([0-5][0-9])(?:[:.]([0-5][0-9]))?")


def time_of(text: str) -> dt.time | None:
    """`9:05`, `09:05:30`, `0905`; None for what is no time of a day."""
    found = _TIME.fullmatch(text.strip())
    if found is None:
        return None
    hour, minute, second = (int(part or 0) for part in found.groups())
    return dt.time(hour, minute, second)


def choose(key: str, where: ZoneInfo, lasts_ms: int = 60_000) -> tuple[int, int] | None:
    """`[start_ms, end_ms)`, or None, having said why, where what was typed is none.

    It begins with `from` and `to` of the address bar, or with the newest footage.
    """
    _begin(key, where, lasts_ms)
    row = st.container(horizontal=True)
    ends = [_end(row, key, end) for end in ("from", "to")]
    if any(at is None for at in ends):
        st.warning(Common.NOT_A_TIME())
        return None
    start_ms, end_ms = (to_ms(at.replace(tzinfo=where)) for at in ends if at is not None)
    if start_ms >= end_ms:
        st.warning(Common.NOT_A_STRETCH())
        return None
    st.caption(f"{times.span(end_ms - start_ms)} · {Common.ZONE(zone=times.zone(where, start_ms))}")
    return start_ms, end_ms


def _begin(key: str, where: ZoneInfo, lasts_ms: int) -> None:
    if f"{key}-from-day" in st.session_state:
        return
    until_ms = view.query_time("to") or _newest_ms(lasts_ms)
    for end, at_ms in (("from", view.query_time("from") or until_ms - lasts_ms), ("to", until_ms)):
        at = times.local(at_ms, where)
        st.session_state[f"{key}-{end}-day"] = at.date()
        st.session_state[f"{key}-{end}-time"] = f"{at:%H:%M:%S}"


def _newest_ms(lasts_ms: int) -> int:
    """The end of a stretch with the newest footage in it."""
    newest_ms, now_ms = view.newest_ms(), view.now_ms()
    ends_ms = now_ms if newest_ms is None else min(newest_ms + lasts_ms, now_ms)
    return ends_ms // 1_000 * 1_000


def _end(row: DeltaGenerator, key: str, end: str) -> dt.datetime | None:
    words = (
        (Common.FROM_DAY, Common.FROM_TIME) if end == "from" else (Common.TO_DAY, Common.TO_TIME)
    )
    day = row.date_input(words[0](), key=f"{key}-{end}-day", format="YYYY-MM-DD", width=150)
    text = row.text_input(words[1](), key=f"{key}-{end}-time", width=120)
    at = time_of(text)
    return None if at is None else dt.datetime.combine(day, at)


def cameras(key: str, names: list[str]) -> list[str]:
    """Which cameras; it begins with the address bar's."""
    asked = [name for name in st.query_params.get_all("camera") if name in names]
    if f"{key}-cameras" not in st.session_state:
        st.session_state[f"{key}-cameras"] = asked or names[:1]
    chosen: list[str] = st.multiselect(
        Common.CAMERAS(), names, key=f"{key}-cameras", placeholder=Common.CHOOSE()
    )
    return chosen
