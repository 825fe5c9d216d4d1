"""Coverage: camera by hour, what was recorded; and the longest of what is missing, with causes."""

from __future__ import annotations

from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import streamlit as st

from dashboards import view
from dashboards.hours import all_of
from dashboards.screens import health_coverage
from dashboards.screens.health_coverage import Found
from dashboards.words import times
from dashboards.words.common import Common
from dashboards.words.coverage import Coverage as Words
from dashboards.words.coverage import cause
from flows.catalogue.coverage import State, Stretch

MOST = 20
_MISSING = (State.GAP, State.UNEXPLAINED, State.STAND_IN)


class _Gap(NamedTuple):
    camera: str
    stretch: Stretch

    @property
    def lasts_ms(self) -> int:
        return self.stretch.end_ms - self.stretch.start_ms


def coverage(player: Any = None) -> None:
    """The page; a click on an hour opens the page `player` there."""
    where = view.zone()
    stretch = health_coverage.asked(where, "coverage")
    with view.told():
        told = health_coverage.found(*stretch)
    if not told:
        st.subheader(Words.NEVER())
        st.markdown(Common.HOW_TO_BEGIN())
        return
    _numbers(told, stretch)
    health_coverage.cells(told, stretch, where, player)
    zone = Common.ZONE(zone=times.zone(where, stretch[0]))
    st.caption(f"{Words.EXPLAINED()} {zone}")
    _gaps(told, where)


def _numbers(told: Found, stretch: tuple[int, int]) -> None:
    shares = {camera: all_of(camera, one, stretch).percent for camera, one in told.items()}
    owed = {camera: share for camera, share in shares.items() if share is not None}
    if not owed:
        return
    whole = sum(share == 100 for share in owed.values())
    worst = min(owed, key=lambda camera: owed[camera])
    row = st.container(horizontal=True)
    row.metric(Words.WHOLE(), Words.SOME_OF(some=whole, all=len(owed)), border=True, width=250)
    row.metric(
        Words.LEAST(),
        f"{owed[worst]}%",
        worst,
        delta_color="off",
        delta_arrow="off",
        border=True,
        width=250,
    )


def _gaps(told: Found, where: ZoneInfo) -> None:
    found = [_Gap(c, s) for c, each in told.items() for s in each if s.state in _MISSING]
    st.subheader(Words.MISSING())
    if not found:
        st.caption(Words.NOTHING_MISSING())
        return
    longest = sorted(found, key=lambda one: -one.lasts_ms)[:MOST]
    rows = [
        {
            Common.CAMERA(): one.camera,
            Common.FROM(): times.moment(one.stretch.start_ms, where),
            Common.TO(): times.moment(one.stretch.end_ms, where),
            Words.LASTED(): times.span(one.lasts_ms),
            Words.WHY(): cause(one.stretch.cause or one.stretch.state),
        }
        for one in longest
    ]
    st.table(rows, border="horizontal", hide_index=True)
    if len(found) > MOST:
        st.caption(Words.LONGEST(count=MOST, all=len(found)))
