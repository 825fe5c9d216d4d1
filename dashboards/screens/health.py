"""Health: whether every camera's footage arrives, and how long the room lasts."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import streamlit as st

from dashboards import spools, state, view
from dashboards.access.visitor import Role
from dashboards.nodes.desk import desk_of
from dashboards.screens import health_coverage, health_encoders, health_nodes, health_spools
from dashboards.spools import SpoolState
from dashboards.state import CameraState, NodeState, Room, Work
from dashboards.words import times
from dashboards.words.common import Common
from dashboards.words.health import Health as Words
from dashboards.words.health import run_state
from edge.clock import to_ms
from flows.site import Site

EVERY_S = 5
WIDE_PX = 250
FAILED = {"Failed", "Crashed", "TimedOut"}


def health(player: Any = None) -> None:
    """The page; it reads itself again every few seconds. Hours link to the page `player`."""
    with st.container(key="health"):
        _report(view.zone(), player)


@st.fragment(run_every=EVERY_S)
def _report(where: ZoneInfo, player: Any) -> None:
    site = view.site()
    # Prefect takes its time to answer: the page stands by then, with what is down above it all.
    above = st.container()
    with view.told():
        heard = {name: one.heard_ms for name, one in desk_of(site).book.heard().items()}
    with view.told():
        found, cameras, room = _spools(), _states(), _room()
    _numbers(site, cameras, found, room)
    _cameras(cameras, found)
    with view.told():
        health_coverage.show(where, player)
        health_spools.show(site, found)
        health_nodes.show()
        health_encoders.show(found)
        _aside(_set_aside(), where)
    work = _work()
    nodes = state.nodes(site, None if work.trouble else work.workers, heard)
    with above:
        for node in nodes:
            _say_down(node)
    _work_done(work, nodes, where, view.now_ms())
    now_ms = view.now_ms()
    at, zone = times.clock(now_ms, where), times.zone(where, now_ms)
    st.caption(Words.READ_AT(time=at, zone=zone))


@view.fresh
def _spools() -> list[SpoolState]:
    return spools.spools(view.site())


@view.fresh
def _states() -> list[CameraState]:
    return state.cameras(view.site(), _spools())


@view.fresh
def _room() -> Room | None:
    return state.room(view.site(), _states())


@view.fresh
def _set_aside() -> pl.DataFrame:
    return state.set_aside(view.site())


@st.cache_data(ttl=EVERY_S - 1, show_spinner=False)
def _work() -> Work:
    return state.work(view.site())


def _say_down(node: NodeState) -> None:
    if not node.is_down:
        return
    name = Words.NODE_NAMED(name=node.name) if node.name else Words.HUBS_WORKER()
    never = node.age_ms is None
    since = Words.NEVER_REPORTED() if never else Words.SILENT(span=view.span(node.age_ms or 0))
    said = Words.NODE_DOWN if node.name else Words.HUB_DOWN
    st.error(said(name=name, since=since), icon=":material/power_off:")


def _numbers(
    site: Site, cameras: list[CameraState], found: list[SpoolState], room: Room | None
) -> None:
    alive = sum(not (camera.is_late or camera.stands_in) for camera in cameras)
    row = st.container(horizontal=True)
    row.metric(
        Words.UP_TO_DATE(),
        Words.SOME_OF(some=alive, all=len(cameras)),
        _late(cameras),
        delta_color="off",
        delta_arrow="off",
        border=True,
        width=WIDE_PX,
    )
    row.metric(
        Words.WAITING_FOR_UPLOAD(),
        health_spools.waiting(found),
        health_spools.runway(found),
        delta_color="off",
        delta_arrow="off",
        border=True,
        width=WIDE_PX,
    )
    row.metric(
        Words.ROOM_LASTS(),
        _lasts(room.days_left if room else None),
        Words.FREE(size=view.size(room.free_bytes)) if room else Words.DOES_NOT_TELL(),
        delta_color="off",
        delta_arrow="off",
        border=True,
        width=WIDE_PX,
    )
    kind = site.settings.store.kind
    row.metric(
        Words.STORE(),
        Words.FOLDER() if kind == "folder" else "S3",
        Words.ANSWERS() if view.trouble() is None else Words.NO_ANSWER(),
        delta_color="off",
        delta_arrow="off",
        border=True,
        width=WIDE_PX,
    )


def _lasts(days: float | None) -> str:
    if days is None:
        return "–"
    return Words.DAYS(count=int(days)) if days < 3_650 else Words.TEN_YEARS()


def _late(cameras: list[CameraState]) -> str:
    late = [camera.name for camera in cameras if camera.is_late]
    drawn = [camera.name for camera in cameras if camera.stands_in and not camera.is_late]
    both = ((Words.LATE, late), (Words.DRAWN, drawn))
    told = [what(names=_names(names)) for what, names in both if names]
    return " · ".join(told) or Words.NONE_LATE()


def _names(names: list[str]) -> str:
    return f"{', '.join(names[:3])}{' …' if len(names) > 3 else ''}"


def _cameras(cameras: list[CameraState], found: list[SpoolState]) -> None:
    st.subheader(Common.CAMERAS())
    if not cameras:
        st.info(Words.NO_CAMERA())
        return
    rows = [
        {
            "": f":{_colour(camera)}[●]",
            Common.CAMERA(): camera.name,
            Common.NODE(): camera.node,
            Words.NEWEST(): _newest(camera),
            Words.UPLOAD_LAG(): "" if camera.lag_ms is None else view.span(camera.lag_ms),
            Words.WAITING(): health_spools.of_camera(camera, found),
            Words.STREAM(): _stream(camera, found),
        }
        for camera in cameras
    ]
    st.table(rows, border="horizontal", hide_index=True)


def _colour(camera: CameraState) -> str:
    if camera.imported:
        return "gray"
    if camera.is_late:
        return "red"
    return "orange" if camera.stands_in else "green"


def _stream(camera: CameraState, found: list[SpoolState]) -> str:
    """What comes now, where its recorder tells; else what its newest segment held."""
    now = spools.recording(found, camera.name)
    if now is None or now.fps is None:
        return f"{camera.bytes_per_s * 8 / 1e6:.2f} Mbit/s" if camera.bytes_per_s else ""
    if not now.mode.connects:
        return f":gray[{now.mode}]"
    lost = Words.LOST(count=now.lost) if now.lost else ""
    by = Words.BY_MOTION() if now.rests else ""
    rung = f", {now.rung}" if now.rung else ""
    text = f"{now.bits_per_s / 1e6:.2f} Mbit/s, {now.fps:.3g} fps{rung}{by}{lost}"
    if now.fallback:
        return f":orange[{Words.A_STAND_IN()}], {text}"
    return text if now.fps else f":gray[{text}]"


def _newest(camera: CameraState) -> str:
    if camera.age_ms is None:
        return Words.NOTHING_YET()
    return Words.IMPORTED() if camera.imported else times.ago(camera.age_ms)


def _aside(found: pl.DataFrame, where: ZoneInfo) -> None:
    st.subheader(Words.SET_ASIDE())
    if found.is_empty():
        st.caption(Words.NONE_SET_ASIDE())
        return
    rows = [
        {
            Words.STAGE(): row["stage"],
            Common.CAMERA(): row["camera"],
            Words.WHAT(): row["key"],
            Words.WHY(): row["reason"],
            Words.TRIED(): row["attempts"],
            Common.WHEN(): times.moment(to_ms(row["at_utc"]), where),
        }
        for row in found.iter_rows(named=True)
    ]
    st.table(rows, border="horizontal", hide_index=True)
    st.caption(Words.REPLAY())


def _work_done(work: Work, nodes: list[NodeState], where: ZoneInfo, now_ms: int) -> None:
    st.subheader(Words.WORK())
    who = view.visitor()
    if who.role.may(Role.ADMIN) and who.cameras is None:
        row = st.container(horizontal=True)
        row.link_button("Prefect", "/prefect/", icon=":material/open_in_new:")
        if view.site().settings.store.own:
            row.link_button("MinIO", "/minio/", icon=":material/open_in_new:")
    if work.trouble:
        st.info(Words.NO_PREFECT(), icon=":material/info:")
        return
    left, right = st.columns([2, 3])
    left.table([_node_row(node) for node in nodes], border="horizontal", hide_index=True)
    coming = {one.name: one.next_ms for one in work.deployments}
    if who.cameras is not None:  # what flows say tells of every camera
        return
    rows = [
        {
            "": ":red[●]" if run.state in FAILED else ":green[●]",
            Words.FLOW(): run.deployment or run.flow,
            Words.STATE(): run_state(run.state),
            Words.BEGAN(): "" if run.start_ms is None else times.clock(run.start_ms, where),
            Words.NEXT(): _until(coming.get(run.deployment), now_ms),
            Words.SAID(): run.message,
        }
        for run in state.last_of_each(work.runs)
    ]
    if rows:
        right.table(rows, border="horizontal", hide_index=True)
    else:
        right.caption(Words.NO_RUN())


def _node_row(node: NodeState) -> dict[str, str]:
    return {
        "": ":red[●]" if node.is_down else ":green[●]",
        Common.NODE(): node.name or Words.HUB(),
        Words.HEARTBEAT(): Words.NEVER() if node.age_ms is None else times.ago(node.age_ms),
    }


def _until(next_ms: int | None, now_ms: int) -> str:
    return "" if next_ms is None else times.ahead(next_ms - now_ms)
