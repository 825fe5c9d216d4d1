"""A Raspberry Pi for child processes: the real picamera2 on a drawn board."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

BOARD = Path(__file__).parent / "board"
ROOT = Path(__file__).parents[4]
PICAMERA2 = ROOT / ".venv" / "picamera2"  # `make test` installs it there


@pytest.fixture
def board(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """`board(pi=4, cameras=2, …)`: what child processes of this test run on."""
    assert (PICAMERA2 / "picamera2").is_dir(), "run make test: it installs picamera2"

    def choose(**facts: object) -> None:
        path = [str(BOARD), str(PICAMERA2), os.environ.get("PYTHONPATH", "")]
        monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, path)))
        monkeypatch.setenv("LIVECAM_BOARD", json.dumps(facts))

    return choose
