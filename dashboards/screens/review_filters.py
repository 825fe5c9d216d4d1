"""The part of Review that says what one doesn't want to see."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import polars as pl
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboards import view
from dashboards.words.common import Common, label
from dashboards.words.review import Review as Words

KEPT = ("review-cameras", "review-labels", "review-zones", "review-score")


class Filters(NamedTuple):
    """What is wanted; an empty list is everything."""

    cameras: Sequence[str] = ()
    labels: Sequence[str] = ()
    zones: Sequence[str] = ()
    score: float = 0.0

    def __bool__(self) -> bool:
        return any(self)

    def of(self, events: pl.DataFrame) -> pl.DataFrame:
        """Those of `events` that are wanted."""
        keep = pl.col("score") >= self.score
        if self.cameras:
            keep &= pl.col("camera").is_in(self.cameras)
        if self.labels:
            keep &= pl.col("label").is_in(self.labels)
        if self.zones:
            touched = pl.col("zones").list.eval(pl.element().is_in(self.zones)).list.any()
            keep &= touched.fill_null(value=False)
        return events.filter(keep)


def clear() -> None:
    """Want everything again."""
    for key in KEPT:
        st.session_state[key] = 0 if key == "review-score" else []


def choose(row: DeltaGenerator, found: pl.DataFrame) -> Filters:
    """The filters, behind one button that says how many are set."""
    count = sum(bool(st.session_state.get(key)) for key in KEPT)
    title = f"{Words.FILTERS()} ({count})" if count else Words.FILTERS()
    with row.popover(title, icon=":material/filter_list:"):
        return Filters(
            _several(Common.CAMERA(), "review-cameras", view.cameras(), Common.ALL_CAMERAS()),
            _several(Words.WHAT(), "review-labels", view.labels(), Words.EVERYTHING(), label),
            _several(Words.ZONE(), "review-zones", _zones(found), Words.EVERYWHERE()),
            st.slider(Words.SURE(), 0, 100, step=5, format="%d %%", key="review-score") / 100,
        )


def _several(
    title: str,
    key: str,
    options: Sequence[str],
    all_of_them: str,
    spelled: Callable[[str], str] = str,
) -> list[str]:
    # What was chosen stays a choice, though nothing shown has it now.
    offered = sorted({*options, *st.session_state.get(key, [])})
    return st.multiselect(title, offered, key=key, placeholder=all_of_them, format_func=spelled)


def _zones(found: pl.DataFrame) -> list[str]:
    site = view.site()
    named = {zone for name in site.cameras for zone in site.settings.detect_for(name).zones}
    return sorted({*named, *found["zones"].explode().drop_nulls().to_list()})
