"""Sprite sheets that an analysis makes of what it decodes anyway."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from flows.media.sprites import DARK, SECONDS, Sheet
from flows.vision.analysis import Analysis, analyse
from tests.dashboards import footage
from tests.flows.detectors import Finder
from tests.vision.drawn import film, scene, yard

PERSON = {"person": 0.5}


def sheet_of(found: Analysis) -> Sheet:
    (data,) = found.sprites
    sheet = Sheet.of(data)
    assert sheet is not None
    return sheet


def shown(sheet: Sheet) -> list[int]:
    """Seconds with a picture."""
    return [n for n in range(SECONDS) if abs(int(np.median(sheet.tile(n))) - DARK) > 20]


def differ(sheet: Sheet, one: int, other: int) -> bool:
    pair = (sheet.tile(n).astype(int) for n in (one, other))
    return bool(np.abs(next(pair) - next(pair)).max() > 60)


def test_what_moves_is_shown_second_by_second_at_no_further_decoding(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mp4", scene(1, 6))
    plain = analyse(path, Finder("finder", "a"), PERSON)
    found = analyse(path, Finder("finder", "a"), PERSON, sprites=True)
    assert plain.sprites == ()
    assert found.decoded_frames == plain.decoded_frames
    sheet = sheet_of(found)
    assert shown(sheet) == list(range(5))
    assert differ(sheet, 0, 3)  # he has come
    assert differ(sheet, 3, 4)  # and goes on


def test_a_second_that_was_not_looked_at_shows_the_one_before(tmp_path: Path) -> None:
    found = analyse(film(tmp_path / "a.mp4", map(yard, range(60))), None, PERSON, sprites=True)
    assert found.decoded_frames < 20
    sheet = sheet_of(found)
    assert shown(sheet) == list(range(6))
    assert not differ(sheet, 0, 4)


def test_damaged_footage_makes_no_sheet(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    data = footage.movie("gate", 0, 4)
    broken = data.rindex(b"mdat") + 8
    path.write_bytes(data[:broken] + bytes(len(data) - broken))
    assert analyse(path, None, PERSON, sprites=True).sprites == ()


@pytest.mark.parametrize(("seconds", "sheets"), [(59.5, 1), (61, 2)])
def test_a_minute_is_a_sheet(tmp_path: Path, seconds: float, sheets: int) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(footage.movie("gate", 0, seconds))
    found = analyse(path, None, PERSON, sprites=True)
    assert len(found.sprites) == sheets
    assert all(Sheet.of(one) for one in found.sprites)
