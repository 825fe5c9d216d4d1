"""`livecam demo`: the main job, from a drawn camera to an event, in one command."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.e2e.command import left, run

PARTS = ("record-local", "serve-local", "prefect", "upload-local", "hub", "app")


@pytest.mark.timeout(240)
def test_the_demo_finds_the_walker_and_leaves_nothing_running(livecam_home: Path) -> None:
    livecam_home.parent.mkdir(exist_ok=True)

    done = run(livecam_home, "demo", "--exit", "--json", seconds=200)

    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert set(found) == {"cameras", "segments", "events", "seconds_to_first_searchable", "laws"}
    assert found["segments"] >= 2
    assert found["events"]["person"] >= 1
    assert found["laws"]["checked"] > 0
    assert found["laws"]["broken"] == 0
    assert left(livecam_home, *PARTS) == []
    assert len(done.stdout.splitlines()) == 1
