"""The player and its timeline as a Streamlit component; its files are served by the gateway."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from dashboards.words.player import player_words

HERE = Path(__file__).parent

# Streamlit imports this from a blob, where an address without a host means nothing.
_LOADER = """
export default async function (component) {
  const at = new URL("/api/player/mount.js", location.origin).href;
  const { mount } = await import(at);
  return mount(component);
}
"""

_deck: Any = st.components.v2.component(
    "livecam_deck",
    html=(HERE / "deck.html").read_text(),
    css=(HERE / "deck.css").read_text(),
    js=_LOADER,
)


def deck(
    camera: str,
    *,
    at_ms: int | None,
    zone: str,
    beside: Sequence[str] = (),
    key: str = "deck",
) -> None:
    """Show a camera with its timeline, playing from `at_ms`; other cameras at that moment beside.

    None is the newest there is, standing still; another camera is shown at the moment of the one
    before. `zone` is an IANA name. Runs of the page do not disturb what plays, unless they name
    another camera.
    """
    data = {"camera": camera, "at_ms": at_ms, "zone": zone, "beside": list(beside)}
    _deck(key=key, data={**data, "words": player_words()})
