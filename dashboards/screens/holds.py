"""Holds: footage that must stay, however old it grows."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import streamlit as st

from dashboards import held, view
from dashboards.access.visitor import Role
from dashboards.screens import stretch
from dashboards.words import times
from dashboards.words.common import Common
from dashboards.words.holds import Holds as Words
from edge.clock import to_ms
from flows.retention import Hold


def holds() -> None:
    """The page."""
    where = view.zone()
    with view.told():
        names, found = view.cameras(), _found()
    if not names:
        st.subheader(Common.NO_CAMERA())
        st.markdown(Common.HOW_TO_BEGIN())
        return
    st.caption(Words.EXPLAINED())
    may = view.may(Role.OPERATOR)
    if may:
        with st.expander(Words.MAKE(), icon=":material/bookmark_add:", expanded=_asked()):
            _form(names, where)
    in_force = found.filter(pl.col("released_utc").is_null())
    _in_force(in_force, where, may)
    _released(found.filter(pl.col("released_utc").is_not_null()), where)


@view.fresh
def _found() -> pl.DataFrame:
    return held.every(view.site())


def _asked() -> bool:
    """Whether an address led here with what is to be held."""
    return "from" in st.query_params


def _form(names: list[str], where: ZoneInfo) -> None:
    chosen = stretch.cameras("hold", names)
    span = stretch.choose("hold", where, 3_600_000)
    reason = st.text_input(Words.REASON(), key="hold-reason", max_chars=200)
    ready = bool(chosen) and span is not None
    if not chosen:
        st.caption(Words.NO_CAMERA())
    if st.button(Words.PLACE(), type="primary", disabled=not ready) and span is not None:
        with view.told():
            for camera in chosen:
                held.place(view.site(), view.visitor(), camera, *span, reason, view.address())
        told = Words.PLACED(cameras=", ".join(chosen), span=times.span(span[1] - span[0]))
        _again(told)


def _again(told: str) -> None:
    """Show the page as it is now, and what was done."""
    view.forget()
    st.toast(told, icon=":material/check:")
    st.rerun()


def _in_force(found: pl.DataFrame, where: ZoneInfo, may: bool) -> None:
    if found.is_empty():
        st.subheader(Words.NONE())
        st.markdown(Words.HOW() if may else Words.HOW_NOT())
        return
    st.subheader(f"{Words.IN_FORCE()} ({len(found)})")
    for row in found.iter_rows(named=True):
        _one(row, where, may)


def _one(row: dict[str, Any], where: ZoneInfo, may: bool) -> None:
    box = st.container(border=True, horizontal=True, vertical_alignment="center")
    since = f"{Words.PLACED_AT()} {times.moment(to_ms(row['placed_utc']), where)}"
    reason = f"  \n{view.plain(row['reason'])}" if row["reason"] else ""
    box.markdown(
        f"**{row['camera']}** · {_stretch(row, where)}  \n:gray[{since}]{reason}", width="stretch"
    )
    box.link_button(
        "",
        f"/playback?camera={row['camera']}&at={view.address_time(to_ms(row['start_utc']))}",
        icon=":material/play_circle:",
    )
    if may:
        with box.popover(Words.RELEASE()):
            _release(row, _stretch(row, where))


def _stretch(row: dict[str, Any], where: ZoneInfo) -> str:
    start_ms, end_ms = to_ms(row["start_utc"]), to_ms(row["end_utc"])
    lasts = times.span(end_ms - start_ms)
    return f"{times.moment(start_ms, where)} – {times.moment(end_ms, where)} ({lasts})"


def _release(row: dict[str, Any], told: str) -> None:
    st.markdown(Words.RELEASE_WHAT(camera=row["camera"], stretch=told))
    if st.button(Words.RELEASE(), type="primary", key=f"release-{row['id']}"):
        ends = Hold(row["id"], row["camera"], to_ms(row["start_utc"]), to_ms(row["end_utc"]))
        with view.told():
            held.end(view.site(), view.visitor(), ends, view.address())
        _again(Words.RELEASED())


def _released(found: pl.DataFrame, where: ZoneInfo) -> None:
    if found.is_empty():
        return
    with st.expander(f"{Words.OLD()} ({len(found)})"):
        rows = [
            {
                Common.CAMERA(): row["camera"],
                Common.WHEN(): _stretch(row, where),
                Common.REASON(): view.plain(row["reason"] or ""),
                Words.RELEASED_AT(): times.moment(to_ms(row["released_utc"]), where),
            }
            for row in found.tail(50).reverse().iter_rows(named=True)
        ]
        st.table(rows, border="horizontal", hide_index=True)
