"""Was each camera recording, hour by hour, and if not why: part of Health, and all of Coverage."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

import streamlit as st

from dashboards import view
from dashboards.grid import grid
from dashboards.words.common import Common
from dashboards.words.coverage import Coverage as Words
from edge.clock import to_ms
from flows.catalogue.coverage import HOUR_MS, Stretch, hours
from flows.site import Site
from flows.stages.account import accounts_of, known_cameras

LATELY, A_DAY = "lately", "day"
_CHOICES = {LATELY: Words.LATELY, A_DAY: Words.A_DAY}
FRESH = dt.timedelta(seconds=20)

Found = Mapping[str, Sequence[Stretch]]


def show(where: ZoneInfo, player: Any = None) -> None:
    """Health's part: the grid and what chooses its time; a click on an hour goes to `player`."""
    st.subheader(Words.RECORDED())
    stretch = asked(where, "health")
    cells(found(*stretch), stretch, where, player)


def cells(told: Found, stretch: tuple[int, int], where: ZoneInfo, player: Any) -> None:
    """The grid; a click on an hour goes to `player`."""
    if not told:
        st.caption(Words.NEVER())
        return
    opened = grid(told, hours(*stretch, stretch[0]), where)
    if opened and player is not None:
        st.switch_page(player, query_params=opened)


def asked(where: ZoneInfo, key: str) -> tuple[int, int]:
    """The time that is chosen by widgets of its own, `[start_ms, end_ms)`."""
    row = st.container(horizontal=True, vertical_alignment="center")
    chosen = row.segmented_control(
        Words.TIME(),
        [LATELY, A_DAY],
        format_func=lambda choice: _CHOICES[choice](),
        default=LATELY,
        required=True,
        key=f"{key}-when",
        label_visibility="collapsed",
    )
    now = view.local(view.now_ms(), where)
    if chosen == A_DAY:
        day = row.date_input(
            Common.DAY(),
            now.date(),
            max_value=now.date(),
            key=f"{key}-day",
            label_visibility="collapsed",
            width=170,
            format="YYYY-MM-DD",
        )
        return view.day_bounds(day, where)
    end_ms = to_ms(now.replace(minute=0, second=0, microsecond=0)) + HOUR_MS
    return end_ms - 24 * HOUR_MS, end_ms


@view.fresh
def found(start_ms: int, end_ms: int) -> dict[str, list[Stretch]]:
    """Every known camera's account of `[start_ms, end_ms)`."""
    site = view.site()
    return _found(site, site.only, start_ms, end_ms)


@st.cache_data(ttl=FRESH, show_spinner=False)
def _found(
    _site: Site,
    only: frozenset[str] | None,  # noqa: ARG001  what is told depends on it
    start_ms: int,
    end_ms: int,
) -> dict[str, list[Stretch]]:
    return accounts_of(_site, known_cameras(_site), start_ms, end_ms)
