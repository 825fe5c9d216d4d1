"""Exports: footage to take along; what is asked for, how far it is, and the files to download."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboards import view
from dashboards.access.visitor import Role
from dashboards.exports import Expected, Export, State, exports_of, may_remove
from dashboards.screens import stretch
from dashboards.words import errors, times
from dashboards.words.common import Common
from dashboards.words.exports import Exports as Words
from edge.errors import LivecamError, ObjectMissing
from flows.stages.export import LONGEST_NAME, MOST_CAMERAS, MOST_MS, Wanted

PAGE = 20
EVERY_S = 2
HOUR_MS = 3_600_000
_STATES = {
    State.QUEUED: (Words.QUEUED, "gray"),
    State.RUNNING: (Words.RUNNING, "blue"),
    State.DONE: (Words.DONE, "green"),
    State.FAILED: (Words.FAILED, "red"),
}


def exports() -> None:
    """The page."""
    where = view.zone()
    with view.told():
        names = view.cameras()
        found = _newest()
    if not names and not found:
        st.subheader(Common.NO_CAMERA())
        st.markdown(Common.HOW_TO_BEGIN())
        return
    st.caption(Words.EXPLAINED())
    may = view.may(Role.OPERATOR)
    if may and names:
        opened = "from" in st.query_params or not found
        with st.expander(Words.MAKE(), icon=":material/movie:", expanded=opened):
            _form(names, where)
    if not found:
        st.subheader(Words.NONE())
        st.markdown(Words.HOW() if may else Words.HOW_NOT())
        return
    running = any(one.state in (State.QUEUED, State.RUNNING) for one in found)
    # A page that nothing moves on need not run again by itself.
    st.fragment(run_every=EVERY_S if running else None)(_list)(where, running)


def _newest() -> list[Export]:
    shown = st.session_state.setdefault("exports-shown", PAGE)
    return exports_of(view.following()).book.newest(view.visitor(), shown + 1)


def _form(names: list[str], where: ZoneInfo) -> None:
    chosen = stretch.cameras("export", names)
    span = stretch.choose("export", where)
    name = st.text_input(Words.NAME(), key="export-name", max_chars=LONGEST_NAME)
    ready = span is not None and _estimated(chosen, *span)
    if st.button(Words.START(), type="primary", disabled=not ready) and span is not None:
        wanted = Wanted(tuple(sorted(chosen)), *span, name, view.visitor().name)
        with view.told():
            exports_of(view.following()).ask(view.site(), wanted, view.address())
        st.toast(Words.STARTED(), icon=":material/check:")
        st.rerun()


def _estimated(chosen: list[str], start_ms: int, end_ms: int) -> bool:
    """Say what it would come to; whether that can be made."""
    refusal = _refusal(chosen, end_ms - start_ms)
    if refusal:
        st.warning(refusal)
        return False
    try:
        found = _expected(tuple(sorted(chosen)), start_ms, end_ms)
    except ObjectMissing:
        st.warning(Words.NOTHING_AT_ALL())
        return False
    except LivecamError as error:
        st.warning(errors.said(error))
        return False
    segments = Words.SEGMENTS(count=sum(one.segments for one in found))
    size = times.size(sum(one.size_bytes for one in found))
    lacking = [one.camera for one in found if not one.segments]
    told = Words.ABOUT(size=size, segments=segments)
    st.markdown(" ".join([told, *([Words.NOTHING_OF(cameras=", ".join(lacking))] * bool(lacking))]))
    return True


def _refusal(chosen: list[str], lasts_ms: int) -> str:
    if not chosen:
        return Words.NO_CAMERA()
    if len(chosen) > MOST_CAMERAS:
        return Words.TOO_MANY(count=MOST_CAMERAS)
    return Words.TOO_LONG(hours=MOST_MS // HOUR_MS) if lasts_ms > MOST_MS else ""


@view.fresh
def _expected(cameras: tuple[str, ...], start_ms: int, end_ms: int) -> list[Expected]:
    wanted = Wanted(cameras, start_ms, end_ms, "", view.visitor().name, "")
    return exports_of(view.following()).expected(view.site(), wanted)


def _list(where: ZoneInfo, running: bool) -> None:
    with view.told():
        found = _newest()
    if running and not any(one.state in (State.QUEUED, State.RUNNING) for one in found):
        st.rerun()  # the whole page, which then stands still
    shown = st.session_state["exports-shown"]
    for one in found[:shown]:
        _one(one, where)
    if len(found) > shown and st.button(Words.MORE()):
        st.session_state["exports-shown"] = shown + PAGE
        st.rerun()
    st.caption(f"{Words.CHECK()} {Common.ZONE(zone=times.zone(where, view.now_ms()))}")


def _one(export: Export, where: ZoneInfo) -> None:
    box = st.container(border=True)
    word, colour = _STATES[export.state]
    start, end = (times.moment(ms, where) for ms in (export.start_ms, export.end_ms))
    lasts = times.span(export.end_ms - export.start_ms)
    title = f"**{view.plain(export.name)}** · " if export.name else ""
    ago = times.ago(view.now_ms() - export.made_ms)
    head = box.container(horizontal=True, vertical_alignment="center")
    head.markdown(
        f"{title}{', '.join(export.cameras)} · :{colour}[{word()}]  \n{start} – {end} ({lasts})  \n"
        f":gray[{view.plain(export.who)}, {ago}]",
        width="stretch",
    )
    if export.state is State.DONE:
        head.link_button(
            f"{Words.ALL_OF_IT()} · {times.size(export.size_bytes)}",
            f"/api/v1/exports/{export.id}/archive.zip",
            icon=":material/download:",
        )
    if may_remove(export, view.visitor()) and view.trouble() is None:
        label = Common.DELETE() if export.state in (State.DONE, State.FAILED) else Common.CANCEL()
        with head.popover(label, icon=":material/delete:"):
            _remove(export)
    if export.state is State.RUNNING:
        box.progress(export.progress, f"{export.progress:.0%}")
    if export.error:
        box.error(view.plain(export.error))
    _files(box, export, where)


def _files(box: DeltaGenerator, export: Export, where: ZoneInfo) -> None:
    if export.missing_ms:
        each = (f"{name} {times.span(ms)}" for name, ms in export.missing_ms.items())
        box.warning(Words.MISSING(what=", ".join(each)))
    if export.state is not State.DONE:
        return
    rows = [
        {
            Words.FILE(): f"[{file.name}](/api/v1/exports/{export.id}/files/{file.name})",
            Common.FROM(): "" if file.start_ms is None else times.clock(file.start_ms, where),
            Common.TO(): "" if file.end_ms is None else times.clock(file.end_ms, where),
            Common.SIZE(): times.size(file.size_bytes),
            Words.DIGEST(): f"`{file.sha256[:16]}…`",
        }
        for file in export.files
    ]
    with box.expander(f"{Words.FILES()} ({len(rows)})"):
        st.table(rows, border="horizontal", hide_index=True)


def _remove(export: Export) -> None:
    st.markdown(Words.DELETE_WHAT())
    if st.button(Common.DELETE(), type="primary", key=f"delete-{export.id}"):
        with view.told():
            exports_of(view.following()).remove(export, view.visitor().name, view.address())
        st.toast(Words.DELETED(), icon=":material/check:")
        st.rerun()
