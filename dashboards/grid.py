"""Cameras' hours as a grid; a click answers which hour of whom."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import streamlit as st

from dashboards import view
from dashboards.hours import MARKS, Hour, Kind, all_of, hours_of
from dashboards.words import times
from dashboards.words.coverage import Coverage, Hours, cause
from edge.clock import to_iso
from flows.catalogue.coverage import Stretch

_PLAYER = Path(__file__).with_name("player")

_grid: Any = st.components.v2.component(
    "livecam_hours",
    html='<div class="hours"></div>',
    css=(_PLAYER / "hours.css").read_text(),
    js=(_PLAYER / "hours.js").read_text(),
)

Cell = dict[str, Any]
_ORDER = [word.name.lower() for word in Hours]


def grid(
    found: Mapping[str, Sequence[Stretch]], cuts: Sequence[int], where: ZoneInfo, key: str = "hours"
) -> dict[str, str] | None:
    """Show a row a camera, a cell between each two of `cuts`; the clicked one's `camera`, `at`."""
    result = _grid(key=key, data=drawn(found, cuts, where), on_open_change=lambda: None)
    opened: dict[str, str] | None = result.open
    return opened


def drawn(
    found: Mapping[str, Sequence[Stretch]], cuts: Sequence[int], where: ZoneInfo
) -> dict[str, Any]:
    """All that the browser draws, in words and shares: it knows nothing of causes."""
    heads = [view.local(at_ms, where) for at_ms in cuts[:-1]]
    seen: set[Kind] = set()
    rows = []
    for camera, told in found.items():
        each, whole = hours_of(camera, told, cuts), all_of(camera, told, cuts)
        seen.update(whole.fills)
        cells = [_cell(hour, where) for hour in each]
        rows.append({"camera": camera, "cells": cells, "sum": _sum(whole)})
    return {
        "heads": [f"{head:%H}" for head in heads],
        "days": _days(heads),
        "rows": rows,
        "legend": [_explained(kind) for kind in map(Kind, _ORDER) if kind in seen],
        "words": {"grid": Coverage.GRID(), "sum": Coverage.SUM()},
    }


def _explained(kind: Kind) -> tuple[str, str, str]:
    return kind, MARKS.get(kind, ""), Hours[kind.name]()


def _days(heads: Sequence[dt.datetime]) -> list[tuple[str, int]]:
    """The days above the hours, each with how many of these are its."""
    names = [times.short_day(head) for head in heads]
    return [(name, names.count(name)) for name in dict.fromkeys(names)]


def _cell(hour: Hour, where: ZoneInfo) -> Cell:
    told, main = hour.told, hour.main
    start, end = view.local(told.start_ms, where), view.local(told.end_ms, where)
    mark, share = MARKS.get(main, ""), hour.percent
    short = mark and share is not None and main not in (Kind.EXPIRED, Kind.IMPORTED)
    at_ms = told.start_ms if hour.at_ms is None else hour.at_ms
    title = f"{told.camera}, {times.short_day(start)} {start:%H:%M}–{end:%H:%M}"
    return {
        "at": None if main is Kind.NONE else to_iso(at_ms).replace(".000Z", "Z"),
        "fills": [[kind, round(held, 4)] for kind, held in hour.fills.items()],
        "mark": mark,
        "text": f"{share}%" if short else "",
        "tip": [title, *_lines(hour)],
    }


def _sum(whole: Hour) -> str:
    return "" if whole.percent is None else f"{whole.percent}%"


def _lines(hour: Hour) -> list[str]:
    wall_ms = hour.told.wall_ms
    return [
        f"{cause(name)}: {times.exactly(ms)} ({ms / wall_ms:.1%})" for name, _, ms in hour.parts
    ]
