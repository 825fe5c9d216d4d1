"""Review: what happened since one last looked, as pictures by time, and what is yet to be seen."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import polars as pl
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboards import view
from dashboards.access.visitor import Role
from dashboards.cards import cards
from dashboards.reviews import Reviews
from dashboards.screens import review_filters
from dashboards.screens.review_filters import Filters
from dashboards.seen import card
from dashboards.words import times
from dashboards.words.common import Common
from dashboards.words.review import Review as Words
from edge.clock import to_ms
from flows.catalogue.stand_ins import StandIn

SINCE, OPEN, DAY = "since", "open", "day"
SHOWN = {SINCE: Words.SINCE, OPEN: Words.OPEN, DAY: Words.A_DAY}
KEPT = ("review-show", "review-day", *review_filters.KEPT)
PAGE = 48
OPEN_DAYS = 7
HOUR_MS, DAY_MS = 3_600_000, 86_400_000


class _Asked(NamedTuple):
    """What is to be shown: which choice, which stretch, and since when things are new."""

    show: str
    start_ms: int
    end_ms: int
    since_ms: int | None


def review(player: Any, live: Any = None) -> None:
    """The page; a click on a picture opens the page `player`, and `live` is offered."""
    where = view.zone()
    with view.told():
        since_ms = _reviews().visit(view.visitor().name, view.now_ms())
        if view.latest_event_ms(None) is None:
            return _nothing_yet(live)
        row = st.container(horizontal=True, vertical_alignment="center", key="review-controls")
        asked = _controls(row, where, since_ms)
        found = view.events(None, asked.start_ms, asked.end_ms, None, 0.0)
        filters = review_filters.choose(row, found)
        done = _reviews().reviewed(asked.start_ms - DAY_MS, asked.end_ms)
        drawn = view.stand_ins(None, asked.start_ms, asked.end_ms)
    _caption(asked, where)
    _show(asked, found, filters, done, drawn, where, player)
    return None


@st.cache_resource(show_spinner=False)
def _reviews() -> Reviews:
    return Reviews(view.site().home)


def _controls(row: DeltaGenerator, where: ZoneInfo, since_ms: int | None) -> _Asked:
    st.session_state.setdefault("review-show", SINCE)
    show = row.segmented_control(
        Words.SHOW(),
        list(SHOWN),
        format_func=lambda one: SHOWN[one](),
        key="review-show",
        required=True,
        label_visibility="collapsed",
    )
    now_ms = view.now_ms()
    # To the hour, so that what was read a moment ago answers again.
    end_ms = (now_ms // HOUR_MS + 1) * HOUR_MS
    new_ms = now_ms - DAY_MS if since_ms is None else since_ms
    if show == DAY:
        today = view.local(now_ms, where).date()
        st.session_state.setdefault("review-day", today)
        day = row.date_input(
            Common.DAY(),
            key="review-day",
            format="YYYY-MM-DD",
            width=170,
            label_visibility="collapsed",
        )
        return _Asked(DAY, *view.day_bounds(day, where), since_ms)
    if show == OPEN:
        return _Asked(OPEN, end_ms - OPEN_DAYS * DAY_MS, end_ms, since_ms)
    return _Asked(
        SINCE, new_ms // HOUR_MS * HOUR_MS if since_ms is None else new_ms, end_ms, since_ms
    )


def _caption(asked: _Asked, where: ZoneInfo) -> None:
    now_ms = view.now_ms()
    told = []
    if asked.show == OPEN:
        told.append(Words.OVER(days=OPEN_DAYS))
    elif asked.show == SINCE and asked.since_ms is None:
        told.append(Words.FIRST_LOOK())
    elif asked.show == SINCE and asked.since_ms is not None:
        ago, moment = times.ago(now_ms - asked.since_ms), times.moment(asked.since_ms, where)
        told.append(Words.LOOKED(ago=ago, moment=moment))
    told.append(Common.ZONE(zone=times.zone(where, now_ms)))
    if not view.visitor().role.may(Role.OPERATOR):
        told.append(Words.MAY_NOT_MARK())
    st.caption(" ".join(told))


def _show(
    asked: _Asked,
    found: pl.DataFrame,
    filters: Filters,
    done: dict[str, str],
    drawn: Sequence[StandIn],
    where: ZoneInfo,
    player: Any,
) -> None:
    wanted = filters.of(found)
    if asked.show == OPEN:
        wanted = wanted.filter(~pl.col("id").is_in(list(done)))
    if wanted.is_empty():
        return _none(asked, where, filters)
    shown = wanted.head(st.session_state.setdefault("review-shown", PAGE))
    may = view.may(Role.OPERATOR)
    opened = [row["id"] for row in shown.iter_rows(named=True) if row["id"] not in done]
    _count(wanted, opened, done, may)
    made = [_card(row, asked, done, drawn, where) for row in shown.iter_rows(named=True)]
    answer = cards(made, key="review", marks=may, days=True)
    if answer.opened:
        st.switch_page(player, query_params=answer.opened)
    if answer.marked and may:
        _mark([str(answer.marked["id"])], bool(answer.marked["reviewed"]))
        st.rerun()
    _more(len(wanted), len(shown))
    return None


def _card(
    row: dict[str, Any],
    asked: _Asked,
    done: dict[str, str],
    drawn: Sequence[StandIn],
    where: ZoneInfo,
) -> dict[str, Any]:
    since_ms = asked.since_ms
    is_new = since_ms is not None and asked.show != SINCE and to_ms(row["end_utc"]) > since_ms
    return {**card(row, drawn, where), "reviewed": done.get(row["id"]), "new": is_new}


def _count(wanted: pl.DataFrame, opened: Sequence[str], done: dict[str, str], may: bool) -> None:
    row = st.container(horizontal=True, vertical_alignment="center")
    left = wanted.height - int(wanted["id"].is_in(list(done)).sum())
    told = Words.FOUND(count=wanted.height)
    row.markdown(f"**{told}** · {Words.OF_THEM_OPEN(count=left)}", width="content")
    if may and opened:
        row.button(
            Words.MARK_ALL(count=len(opened)),
            on_click=_mark_all,
            args=(list(opened),),
            icon=":material/done_all:",
        )
    if may and (before := st.session_state.get("review-marked")):
        row.button(Words.UNDO(), on_click=_undo, args=(before,), icon=":material/undo:")


def _mark(events: Sequence[str], reviewed: bool) -> None:
    with view.told():
        if reviewed:
            _reviews().mark(events, view.visitor().name, view.now_ms())
        else:
            _reviews().unmark(events)


def _mark_all(events: list[str]) -> None:
    _mark(events, True)
    st.session_state["review-marked"] = events


def _undo(events: list[str]) -> None:
    _mark(events, False)
    del st.session_state["review-marked"]


def _more(count: int, shown: int) -> None:
    if count > shown and st.button(Common.SHOW_MORE(count=min(PAGE, count - shown))):
        st.session_state["review-shown"] = shown + PAGE
        st.rerun()


def _nothing_yet(live: Any) -> None:
    if not view.cameras():
        st.subheader(Common.NO_CAMERA())
        st.markdown(Common.HOW_TO_BEGIN())
        return
    st.subheader(Words.ALL_SEEN())
    st.markdown(Words.NO_EVENT_YET())
    if live is not None:
        st.page_link(live, label=Words.LIVE_NOW())


def _go_to(day: dt.date) -> None:
    st.session_state["review-show"], st.session_state["review-day"] = DAY, day


def _none(asked: _Asked, where: ZoneInfo, filters: Filters) -> None:
    if filters:
        st.subheader(Words.FILTERED())
        st.button(Words.NO_FILTER(), on_click=review_filters.clear)
        return
    said = {SINCE: Words.NOTHING_NEW, DAY: Words.NOTHING_THEN, OPEN: Words.NOTHING_OPEN}
    st.subheader(Words.NOTHING_THEN() if asked.show == DAY else Words.ALL_SEEN())
    if asked.show != DAY:
        st.markdown(said[asked.show](days=OPEN_DAYS))
    latest_ms = view.latest_event_ms(None)
    if latest_ms is None:
        return
    st.markdown(Words.LAST_EVENT(ago=times.ago(view.now_ms() - latest_ms)))
    day = view.local(latest_ms, where).date()
    st.button(Words.SHOW_DAY(day=times.day(day)), on_click=_go_to, args=(day,), type="primary")
