"""What doctor says of a spool's room."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from edge.home import Home
from edge.quota import Policy
from edge.spool import Spool, vain
from edge.spool.room import save
from edge.spool.vain import Mark
from infra.checks import Level
from infra.checks.room import room
from tests.edge.fake_clock import FakeClock


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


@pytest.fixture
def spool(home: Home) -> Spool:
    return Spool(home.spool, "local", FakeClock())


def test_before_the_first_recording_it_is_calm(home: Home) -> None:
    assert room(home, FakeClock()).level is Level.OK


def test_it_says_what_gives_way(home: Home, spool: Spool) -> None:
    save(spool.root, Policy.model_validate({"when_full": "stop"}))
    found = room(home, FakeClock())
    assert found.level is Level.OK
    assert "then recording stops" in found.told


def test_what_cannot_be_kept_is_a_warning(home: Home, spool: Spool) -> None:
    save(spool.root, Policy.model_validate({"shares": {"a": "60%", "b": "60%"}}))
    assert "120%" in room(home, FakeClock()).told
    save(spool.root, Policy())
    os.truncate(spool.root / "reserve", 100_000)
    assert "0.1 of 4.0 MB" in room(home, FakeClock()).told
    vain.write(spool.root / "vain", Mark(times=2))
    found = room(home, FakeClock())
    assert found.level is Level.WARN
    assert "Something else" in found.told
