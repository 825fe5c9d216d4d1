"""A grid of pictures with a line or two each; a click answers which."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import streamlit as st

_PLAYER = Path(__file__).with_name("player")

_cards: Any = st.components.v2.component(
    "livecam_cards",
    html='<div class="cards"></div>',
    css=(_PLAYER / "cards.css").read_text(),
    js=(_PLAYER / "cards.js").read_text(),
)


def cards(shown: Sequence[dict[str, Any]], key: str = "cards") -> dict[str, str] | None:
    """Show them; the clicked one's `camera` and `at`, once, else None.

    Each: `id, camera, at` (ISO), `time, title, span, score` (texts).
    """
    result = _cards(key=key, data={"cards": list(shown)}, on_open_change=lambda: None)
    opened: dict[str, str] | None = result.open
    return opened
