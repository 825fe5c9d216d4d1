"""A grid of pictures with a line or two each; a click, or a key, answers which."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import streamlit as st

from dashboards.words import mapping
from dashboards.words.search import Cards as Words

_PLAYER = Path(__file__).with_name("player")

_cards: Any = st.components.v2.component(
    "livecam_cards",
    html='<div class="cards"></div>',
    css=(_PLAYER / "cards.css").read_text(),
    js=(_PLAYER / "cards.js").read_text(),
)


class Answer(NamedTuple):
    """What was done, once: a card was opened (`camera`, `at`), or marked (`id`, `reviewed`)."""

    opened: dict[str, str] | None = None
    marked: dict[str, Any] | None = None


def cards(
    shown: Sequence[dict[str, Any]], key: str = "cards", *, marks: bool = False, days: bool = False
) -> Answer:
    """Show them, with `days` under a heading a day, with `marks` each to be marked as reviewed.

    Each: `id, camera, at` (ISO), `time, day, title, span, score` (texts), for Review `reviewed`
    (who did, or None) and `new`.
    """
    data = {"cards": list(shown), "marks": marks, "days": days, "words": mapping(Words)}
    result = _cards(key=key, data=data, on_open_change=lambda: None, on_mark_change=lambda: None)
    return Answer(result.open, result.mark)
