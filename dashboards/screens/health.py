"""Health: whether every camera's footage arrives, and how long the room lasts."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import streamlit as st

from dashboards import spools, state, view
from dashboards.screens import health_coverage, health_encoders, health_spools
from dashboards.spools import SpoolState
from dashboards.state import CameraState, NodeState, Room, Work
from flows.site import Site

EVERY_S = 5
WIDE_PX = 250
FAILED = {"Failed", "Crashed", "TimedOut"}


def health(player: Any = None) -> None:
    """The page; it reads itself again every few seconds. Hours link to the page `player`."""
    where = view.zone()
    _report(where, player)


@st.fragment(run_every=EVERY_S)
def _report(where: ZoneInfo, player: Any) -> None:
    site = view.site()
    trouble = state.store_trouble(site)
    if trouble:
        st.error(f"The store cannot be used: {trouble}", icon=":material/cloud_off:")
    work = _work()
    nodes = [] if work.trouble else state.nodes(site, work.workers)
    for node in nodes:
        _say_down(node)
    if trouble is None:
        with view.told():
            found = spools.spools(site)
            cameras = state.cameras(site, found)
        _numbers(site, cameras, found, state.room(site, cameras))
        _cameras(cameras, found)
        with view.told():
            health_coverage.show(site, where, player)
        health_spools.show(site, found)
        health_encoders.show(found)
        _set_aside(site, where)
    _work_done(work, nodes, where, view.now_ms())
    st.caption(f"Read at {view.local(view.now_ms(), where):%H:%M:%S} ({where.key}), every 5 s.")


@st.cache_data(ttl=EVERY_S - 1, show_spinner=False)
def _work() -> Work:
    return state.work(view.site())


def _say_down(node: NodeState) -> None:
    if not node.is_down:
        return
    name = f"Node {node.name}" if node.name else "The hub's worker"
    since = "never reported" if node.age_ms is None else f"silent for {view.span(node.age_ms)}"
    text = f"**{name} is down**: {since}. Footage it records meanwhile waits in its spool."
    st.error(text if node.name else f"**{name} is down**: {since}.", icon=":material/power_off:")


def _numbers(
    site: Site, cameras: list[CameraState], found: list[SpoolState], room: Room | None
) -> None:
    alive = sum(not (camera.is_late or camera.stands_in) for camera in cameras)
    row = st.container(horizontal=True)
    row.metric(
        "Cameras up to date",
        f"{alive} of {len(cameras)}",
        _late(cameras),
        delta_color="off",
        delta_arrow="off",
        border=True,
        width=WIDE_PX,
    )
    row.metric(
        "Waiting for upload",
        health_spools.waiting(found),
        health_spools.runway(found),
        delta_color="off",
        delta_arrow="off",
        border=True,
        width=WIDE_PX,
    )
    days = room.days_left if room else None
    row.metric(
        "Room lasts",
        "–" if days is None else (f"{days:.0f} days" if days < 3_650 else "10 years +"),
        f"{view.size(room.free_bytes)} free" if room else "the store does not tell",
        delta_color="off",
        delta_arrow="off",
        border=True,
        width=WIDE_PX,
    )
    kind = site.settings.store.kind
    row.metric(
        "Store",
        "folder" if kind == "folder" else "S3",
        "answers",
        delta_color="off",
        delta_arrow="off",
        border=True,
        width=WIDE_PX,
    )


def _late(cameras: list[CameraState]) -> str:
    late = [camera.name for camera in cameras if camera.is_late]
    drawn = [camera.name for camera in cameras if camera.stands_in and not camera.is_late]
    told = [_names(what, names) for what, names in (("late", late), ("stand-in", drawn)) if names]
    return " · ".join(told) or "none is late"


def _names(what: str, names: list[str]) -> str:
    return f"{what}: {', '.join(names[:3])}{' …' if len(names) > 3 else ''}"


def _cameras(cameras: list[CameraState], found: list[SpoolState]) -> None:
    st.subheader("Cameras")
    if not cameras:
        st.info("No camera is configured yet: name one under `cameras:` in `livecam.yaml`.")
        return
    rows = [
        {
            "": f":{_colour(camera)}[●]",
            "Camera": camera.name,
            "Node": camera.node,
            "Newest footage": _newest(camera),
            "Upload lag": "" if camera.lag_ms is None else view.span(camera.lag_ms),
            "Waiting": health_spools.of_camera(camera, found),
            "Stream": _stream(camera, found),
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
    lost = f", {now.lost} lost" if now.lost else ""
    by = ", by motion" if now.rests else ""
    rung = f", {now.rung}" if now.rung else ""
    text = f"{now.bits_per_s / 1e6:.2f} Mbit/s, {now.fps:.3g} fps{rung}{by}{lost}"
    if now.fallback:
        return f":orange[a stand-in: the camera cannot be opened], {text}"
    return text if now.fps else f":gray[{text}]"


def _newest(camera: CameraState) -> str:
    if camera.age_ms is None:
        return "nothing yet"
    return "imported" if camera.imported else f"{view.span(camera.age_ms)} ago"


def _set_aside(site: Site, where: ZoneInfo) -> None:
    found = state.set_aside(site)
    st.subheader("Set aside")
    if found.is_empty():
        st.caption("Nothing: every segment that arrived was taken in and analysed.")
        return
    rows = [
        {
            "Stage": row["stage"],
            "Camera": row["camera"],
            "What": row["key"],
            "Why": row["reason"],
            "Tried": row["attempts"],
            "When": f"{row['at_utc'].astimezone(where):%d %b %H:%M:%S}",
        }
        for row in found.iter_rows(named=True)
    ]
    st.table(rows, border="horizontal", hide_index=True)
    st.caption("`livecam replay` puts them back in the queue.")


def _work_done(work: Work, nodes: list[NodeState], where: ZoneInfo, now_ms: int) -> None:
    st.subheader("Work")
    if work.trouble:
        st.info(
            "Prefect gives no answer, so runs and nodes are not known. `livecam up` starts it;"
            " `livecam drain` does the work without it.",
            icon=":material/info:",
        )
        return
    left, right = st.columns([2, 3])
    left.table([_node_row(node) for node in nodes], border="horizontal", hide_index=True)
    coming = {one.name: one.next_ms for one in work.deployments}
    rows = [
        {
            "": ":red[●]" if run.state in FAILED else ":green[●]",
            "Flow": run.deployment or run.flow,
            "State": run.state,
            "Began": "" if run.start_ms is None else f"{view.local(run.start_ms, where):%H:%M:%S}",
            "Next": _until(coming.get(run.deployment), now_ms),
            "Said": run.message,
        }
        for run in state.last_of_each(work.runs)
    ]
    if rows:
        right.table(rows, border="horizontal", hide_index=True)
    else:
        right.caption("No flow has run yet.")


def _node_row(node: NodeState) -> dict[str, str]:
    return {
        "": ":red[●]" if node.is_down else ":green[●]",
        "Node": node.name or "hub",
        "Heartbeat": "never" if node.age_ms is None else f"{view.span(node.age_ms)} ago",
    }


def _until(next_ms: int | None, now_ms: int) -> str:
    return "" if next_ms is None else f"in {view.span(next_ms - now_ms)}"
