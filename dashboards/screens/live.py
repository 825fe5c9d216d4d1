"""Live: all cameras as they are now, or one of them in full with the way to its last hour."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import streamlit as st

import dashboards.player
from dashboards import view
from dashboards.words import language, mapping
from dashboards.words.common import Common
from dashboards.words.live import Live as Words

_PLAYER = Path(dashboards.player.__file__).parent

# Streamlit imports this from a blob, where an address without a host means nothing.
_LOADER = """
export default async function (component) {
  const at = new URL("/api/player/live-mount.js", location.origin).href;
  const { mount } = await import(at);
  return mount(component);
}
"""

_live: Any = st.components.v2.component(
    "livecam_live",
    html='<div class="live"></div>',
    css=(_PLAYER / "live.css").read_text(),
    js=_LOADER,
)


def live(player: Any) -> None:
    """The page; `player` is Playback's."""
    with view.told():
        names = list(view.site().cameras)
    if not names:
        st.subheader(Words.NO_CAMERA())
        st.markdown(Words.HOW_TO_BEGIN())
        return
    asked = st.query_params.get("camera")
    if asked is not None and asked not in names:
        st.warning(Common.NO_SUCH_CAMERA(name=asked))
    data = {
        "cameras": names,
        "camera": asked if asked in names else None,
        "zone": view.zone().key,
        "language": str(language()),
        "words": mapping(Words),
    }
    result = _live(key="live", data=data, on_open_change=lambda: None, on_play_change=lambda: None)
    if result.play:
        st.switch_page(player, query_params=result.play)
    if result.open is not None:
        _show(result.open)


def _show(camera: str) -> None:
    """Another camera in the address bar, or none."""
    if camera:
        st.query_params["camera"] = camera
    else:
        st.query_params.pop("camera", None)
    st.rerun()
