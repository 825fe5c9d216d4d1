"""The part of Settings about cameras: as each is written and fares; tried, added, paused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboards import view
from dashboards.nodes import cameras as configured
from dashboards.nodes.cameras import CameraNow
from dashboards.nodes.desk import Desk
from dashboards.screens.settings_users import done, tell
from dashboards.words import errors, times
from dashboards.words.cameras import Cameras, States
from dashboards.words.common import Common
from dashboards.words.settings import Settings as Words
from edge.errors import LivecamError
from edge.segment import check_name
from flows.config_file import cameras as edits
from flows.config_file import file
from flows.media import trial

_COLOURS = {"recording": "green", "resting": "green", "down": "red", "paused": "orange"}
_SURE = [step / 20 for step in range(2, 20)]


def show() -> None:
    """The tab."""
    if view.visitor().cameras is None:
        with st.expander(Cameras.ADD(), icon=":material/add_a_photo:"):
            _add()
    with view.told():
        found = configured.cameras(view.site(), _desk())
    if not found:
        st.subheader(Cameras.NONE())
        st.markdown(Common.HOW_TO_BEGIN())
    for one in found:
        _one(one)


@st.cache_resource(show_spinner=False)
def _desk() -> Desk:
    return Desk.of(view.following().now)


def _one(one: CameraNow) -> None:
    box = st.container(border=True)
    row = box.container(horizontal=True, vertical_alignment="center")
    state = f":{_COLOURS.get(one.state, 'gray')}[●] {States[one.state.upper()]()}"
    source = f"  \n`{one.source}`" if one.source else ""
    row.markdown(
        f"**{one.name}** · {one.node or '–'} · {state}{_rate(one)}{source}", width="stretch"
    )
    if one.state == "not_configured":
        return
    if row.button(Cameras.TEST(), key=f"test-{one.name}", icon=":material/cable:"):
        _try(box, one.name, None)
    paused = one.state == "paused"
    label = Cameras.RESUME() if paused else Cameras.PAUSE()
    if row.button(label, key=f"pause-{one.name}"):
        _pause(one.name, stop=not paused)
    with row.popover(Cameras.CHANGE(), icon=":material/edit:"):
        _change(one)
    with row.popover(Words.REMOVE(), icon=":material/delete:"):
        _remove(one.name)


def _rate(one: CameraNow) -> str:
    if not one.fps:
        return ""
    return f" · {one.fps:.3g} fps · {(one.bits_per_s or 0) / 1e6:.2f} Mbit/s"


def _try(box: DeltaGenerator, name: str, source: str | None) -> None:
    """Open it for a moment, and show what came or why nothing did."""
    try:
        with st.spinner(Cameras.TRYING()):
            found = trial.attempt(name, *configured.source_of(name, source))
    except LivecamError as error:
        box.error(errors.said(error), icon=":material/videocam_off:")
        return
    rate = "" if found.fps is None else f", {found.fps:g} fps"
    box.success(Cameras.WORKS(what=f"{found.codec}, {found.width}x{found.height}{rate}"))
    box.image(found.jpeg, caption=f"{name}, {times.clock(view.now_ms(), view.zone())}")


def _add() -> None:
    box = st.container()
    nodes = list(view.site().settings.nodes)
    with st.form("add-camera", border=False):
        name = st.text_input(Words.NAME(), max_chars=63, placeholder="gate", key="add-camera-name")
        source = st.text_input(
            Cameras.SOURCE(),
            max_chars=2_000,
            placeholder="rtsp://user:{GATE_PASSWORD}@host/stream",
            key="add-camera-source",
        )
        node = st.selectbox(Common.NODE(), nodes) if len(nodes) > 1 else None
        st.caption(Cameras.PASSWORDS())
        row = st.container(horizontal=True)
        tried = row.form_submit_button(Cameras.TEST(), icon=":material/cable:")
        if row.form_submit_button(Words.ADD(), type="primary", key="add-camera-now"):
            entry = {**({"node": node} if node else {}), "source": source}
            checked = check_name(name)
            _edit(checked, "added", lambda text: edits.added(text, checked, entry))
    if tried:
        _try(box, check_name(name or "new"), source)


def _change(one: CameraNow) -> None:
    had = (one.settings.get("detect") or {}).get("confidence")
    with st.form(f"change-camera-{one.name}", border=False):
        source = st.text_input(
            Cameras.SOURCE(), max_chars=2_000, key=f"source-{one.name}", placeholder=one.source
        )
        st.caption(Cameras.PASSWORDS())
        sure = _sure(one.name, had)
        if st.form_submit_button(Words.SAVE(), type="primary", key=f"change-camera-now-{one.name}"):
            told = {"source": source} if source else {}
            _changed(one.name, told if sure == had else {**told, "detect": {"confidence": sure}})


def _sure(name: str, had: float | None) -> float | None:
    """How sure a sighting must be; None: as the site says."""
    offered = sorted({*_SURE, *([] if had is None else [had])})
    site = Cameras.AS_SITE(share=f"{view.site().settings.detect.confidence:.0%}")
    return st.selectbox(
        Cameras.SURE(),
        [None, *offered],
        index=0 if had is None else 1 + offered.index(had),
        format_func=lambda share: site if share is None else f"{share:.0%}",
        key=f"sure-{name}-{had}",  # another's change is not undone by what was shown before it
        help=Cameras.SURE_OF_WHAT(),
    )


def _changed(name: str, values: dict[str, Any]) -> None:
    """Change these of a camera's keys; None takes one out, and the site's own counts again."""
    if values:
        alone = view.visitor().cameras is not None
        _edit(name, "changed", lambda text: edits.changed(text, name, values, alone=alone))


def _remove(name: str) -> None:
    st.markdown(Cameras.REMOVE_WHAT(name=name))
    if st.button(Words.REMOVE(), key=f"remove-camera-{name}", type="primary"):
        _edit(name, "removed", lambda text: edits.removed(text, name))


def _edit(name: str, what: str, edit: Callable[[str], str]) -> None:
    """Change livecam.yaml, which is checked whole first; the nodes take it over by themselves."""
    checked = None if what == "removed" else name
    file.change(edit, checked, view.visitor().name, f"camera {name} {what}")
    view.forget()
    done(Words.SAVED())


def _pause(name: str, *, stop: bool) -> None:
    configured.set_paused(view.site(), _desk(), name, stop=stop)
    tell("pause camera" if stop else "resume camera", name)
    done(Words.SAVED())
