"""`livecam import` tells what became of each file, and whose camera it is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from edge.errors import BadName, BadSettings
from edge.spool import Spool
from infra.cli import cli
from tests.edge.fake_clock import FakeClock
from tests.edge.footage import Clip

START = "2026-11-01T10:00:00Z"


def livecam(*words: object) -> Result:
    return CliRunner().invoke(cli, [str(word) for word in words])


def rows(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return Clip(seconds=5).write(tmp_path / "walk.mp4")


def configured(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str) -> None:
    file = tmp_path / "livecam.yaml"
    file.write_text(text)
    monkeypatch.setenv("LIVECAM_CONFIG", str(file))


def test_rows_name_each_segment(clip: Path, livecam_home: Path) -> None:
    result = livecam("import", clip, "--camera", "hall", "--start", START, "--json")
    assert result.exit_code == 0
    (row,) = rows(result)
    assert row["status"] == "imported"
    assert (row["start_utc"], row["end_utc"]) == (
        "2026-11-01T10:00:00.000Z",
        "2026-11-01T10:00:05.000Z",
    )
    (item,) = Spool(livecam_home / "spool", "local", FakeClock()).sealed()
    assert (item.segment.id, item.segment.node) == (row["id"], "local")
    again = livecam("import", clip, "--camera", "hall", "--start", START, "--json")
    assert [r["status"] for r in rows(again)] == ["skipped"]
    assert again.exit_code == 0


def test_a_refused_file_makes_the_exit_status_one(clip: Path, tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("hello")
    result = livecam("import", text, clip, "--camera", "hall", "--start", START, "--json")
    assert result.exit_code == 1
    assert [row["status"] for row in rows(result)] == ["refused", "imported"]
    assert "notes.txt" in rows(result)[0]["reason"]
    told = livecam("import", text, "--camera", "hall", "--start", START)
    assert told.stdout == ""
    assert "notes.txt" in told.stderr


def test_the_configuration_says_node_and_segment_length(
    clip: Path, livecam_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    configured(
        monkeypatch,
        tmp_path,
        "nodes: {pi1: {}}\nrecord: {segment: 4s}\n"
        "cameras: {gate: {node: pi1, source: 'scene:', record: {segment: 2s}}}\n",
    )
    result = livecam("import", clip, "--camera", "gate", "--start", START, "--json")
    assert [row["wall_ms"] for row in rows(result)] == [2_000, 2_000, 1_000]
    items = Spool(livecam_home / "spool", "pi1", FakeClock()).sealed()
    assert {item.segment.node for item in items} == {"pi1"}
    stray = livecam("import", clip, "--camera", "hall", "--start", START, "--json")
    assert isinstance(stray.exception, BadSettings)
    assert "hall" in str(stray.exception)
    assert "pi1" in str(stray.exception)


def test_defaults_hold_for_a_camera_in_no_configuration(
    clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    configured(monkeypatch, tmp_path, "record: {segment: 4s}\n")
    result = livecam("import", clip, "--camera", "hall", "--start", START, "--json")
    assert [row["wall_ms"] for row in rows(result)] == [4_000, 1_000]


def test_wrong_words_are_told_apart(clip: Path) -> None:
    named = livecam("import", clip, "--camera", "../x", "--start", START)
    assert isinstance(named.exception, BadName)
    timed = livecam("import", clip, "--camera", "hall", "--start", "yesterday")
    assert timed.exit_code == 2
    assert "yesterday" in timed.stderr
    assert "Example" in livecam("import", "--help").stdout
