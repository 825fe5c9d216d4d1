"""Every word on screen, in English and Korean side by side: a subject a file.

A text is a member of an enumeration, so that a name nobody wrote is an error of mypy's, and one
without its Korean does not import:

    class Search(Word):
        NOTHING = "Nothing was found", "찾은 것이 없어요"
        EVENTS = "{count} event|{count} events", "이벤트 {count}건"

    Search.EVENTS(count=3)      # in the language of whoever looks at the page
    mapping(Player)             # the same for a component's JavaScript, by name in lower case
"""

from __future__ import annotations

from enum import Enum, StrEnum

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx


class Language(StrEnum):
    """What the pages speak."""

    ENGLISH = "en"
    KOREAN = "ko"


def language_of(told: str | None) -> Language:
    """The first of a browser's languages that is spoken here; English where none is.

    `told` is a language tag or an Accept-Language header: `ko-KR,ko;q=0.9,en;q=0.8`.
    """
    ranked = sorted(enumerate((told or "").split(",")), key=lambda one: (-_weight(one[1]), one[0]))
    tags = (part.partition(";")[0].strip().lower().replace("_", "-") for _, part in ranked)
    spoken = (tag.partition("-")[0] for tag in tags)
    return next((Language(tag) for tag in spoken if tag in set(Language)), Language.ENGLISH)


def _weight(part: str) -> float:
    """The `q` of one language of an Accept-Language header."""
    try:
        return float(part.partition(";q=")[2] or 1)
    except ValueError:
        return 0.0


def language() -> Language:
    """Of the browser that looks at the page; English outside of one."""
    there = get_script_run_ctx(suppress_warning=True) is not None
    return language_of(st.context.locale) if there else Language.ENGLISH


class Word(Enum):
    """A text in both languages; `{names}` are filled in.

    English with a `|` is singular and plural by `count`; Korean has one form.
    """

    def __init__(self, english: str, korean: str) -> None:
        self.english, self.korean = english, korean

    def __call__(self, **facts: object) -> str:
        """In the language of whoever looks at the page."""
        return self.of(language(), **facts)

    def of(self, spoken: Language, **facts: object) -> str:
        """In a language."""
        text = self.korean if spoken is Language.KOREAN else self.english
        if "count" in facts and "|" in text:
            one, _, more = text.partition("|")
            text = one if facts["count"] == 1 else more
        return text.format(**facts) if facts else text


def mapping(words: type[Word], spoken: Language | None = None) -> dict[str, str]:
    """All texts of a subject, as a component takes them: `{count}` and `|` are left to it."""
    chosen = spoken or language()
    return {word.name.lower(): word.of(chosen) for word in words}
