"""Words in two languages: every one in both, with the same facts, and plurals where they matter."""

from __future__ import annotations

import importlib
import pkgutil
import re
from string import Formatter
from zoneinfo import ZoneInfo

from dashboards import words
from dashboards.words import Language, Word, language_of, mapping, times
from dashboards.words.errors import Errors
from dashboards.words.search import Cards, Search
from edge import errors
from edge.clock import from_iso

T0 = from_iso("2026-11-01T10:00:00Z")
HANGUL = re.compile("[가-힣]")
# Signs rather than words.
SIGNS = {" / {size}", "ko-KR"}

for found in pkgutil.iter_modules(words.__path__):
    importlib.import_module(f"{words.__name__}.{found.name}")
EVERY = [word for subject in Word.__subclasses__() for word in subject]


def facts(text: str) -> set[str]:
    """The names that a text wants filled in."""
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def is_whole(word: Word) -> bool:
    """Whether a word is there in both languages, and both take the same facts."""
    forms = word.english.split("|")
    plural = len(forms) == 1 or (len(forms) == 2 and all("count" in facts(one) for one in forms))
    same = all(facts(one) == facts(word.korean) for one in forms)
    korean = HANGUL.search(word.korean) is not None or word.korean in SIGNS
    return plural and same and korean and not HANGUL.search(word.english)


def test_every_word_is_there_in_both_languages_with_the_same_facts() -> None:
    assert len(EVERY) > 200
    assert [word for word in EVERY if not is_whole(word)] == []


def test_a_browser_s_first_language_that_is_spoken_here_is_chosen() -> None:
    assert language_of("ko-KR,ko;q=0.9,en-US;q=0.8,en;q=0.7") is Language.KOREAN
    assert language_of("de-DE,ko;q=0.5,en;q=0.9") is Language.ENGLISH
    assert language_of("ko") is Language.KOREAN
    for told in (None, "", "fr", ";;q=,=", "*", "kok"):
        assert language_of(told) is Language.ENGLISH


def test_one_event_is_no_plural() -> None:
    assert Search.FOUND.of(Language.ENGLISH, count=1) == "1 event, newest first"
    assert Search.FOUND.of(Language.ENGLISH, count=2) == "2 events, newest first"
    assert Search.FOUND.of(Language.KOREAN, count=1) == "이벤트 1건, 최신순"


def test_components_take_their_words_by_name() -> None:
    assert mapping(Cards, Language.KOREAN)["no_picture"] == "사진 없음"
    assert set(mapping(Cards)) == {word.name.lower() for word in Cards}


def test_every_kind_of_failure_has_its_words() -> None:
    kinds = {errors.LivecamError}
    for kind in list(kinds):
        kinds |= {one for base in kind.__subclasses__() for one in (base, *base.__subclasses__())}
    ours = {kind for kind in kinds if kind.__module__ == errors.__name__}
    assert {kind.__name__.upper() for kind in ours} == {word.name for word in Errors}


def test_times_name_their_zone() -> None:
    assert times.zone(ZoneInfo("Europe/Berlin"), T0) == "Europe/Berlin, UTC+1"
    assert times.zone(ZoneInfo("Asia/Kolkata"), T0) == "Asia/Kolkata, UTC+5:30"
    assert times.zone(ZoneInfo("America/St_Johns"), T0) == "America/St_Johns, UTC-3:30"
    assert times.zone(ZoneInfo("UTC"), T0) == "UTC"
