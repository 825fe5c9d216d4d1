"""`livecam cameras`: livecam.yaml edited in place, and shown without its passwords."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from edge.errors import BadSettings
from edge.segment import Gap
from infra.cli.cameras import cameras as command
from tests.edge.recording import Record, assert_tiles, causes

SITE = """\
# our site
nodes: {pi1: {}, pi2: {}}
cameras:
  gate: {node: pi1, source: "rtsp://u:{GATE_PASSWORD}@gate.local/s"}  # at the road
  # the old one
  yard: {node: pi2, source: "scene:"}
"""


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "livecam.yaml"
    path.write_text(SITE)
    monkeypatch.setenv("LIVECAM_CONFIG", str(path))
    return path


def run(*words: str) -> Result:
    return CliRunner().invoke(command, words, catch_exceptions=False)


def test_cameras_are_added_changed_and_removed_in_place(file: Path) -> None:
    file.chmod(0o640)
    done = run("add", "barn", "rtsp://u:{BARN}@barn/s", "record.segment=1m", "--node", "pi1")
    assert "barn: added" in done.stderr
    assert "password stands" not in done.stderr
    line = '  barn: {node: pi1, source: "rtsp://u:{BARN}@barn/s", record: {segment: 1m}}\n'
    assert file.read_text() == SITE + line
    run("set", "barn", "record.segment=", "retain.days=7", "source=scene:?fps=5")
    line = '  barn: {node: pi1, source: "scene:?fps=5", record: {}, retain: {days: 7}}\n'
    assert file.read_text() == SITE + line
    assert json.loads(run("remove", "barn", "--json").stdout) == {
        "camera": "barn",
        "done": "removed",
        "path": str(file),
    }
    assert file.read_text() == SITE
    assert file.stat().st_mode & 0o777 == 0o640
    assert {path.name for path in file.parent.iterdir()} == {file.name, "home"}


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("add", "gate", "scene:"), "is there already.*gate"),
        (("add", "barn", "scene:"), "names no node.*barn"),
        (("add", "Barn", "scene:", "--node", "pi1"), "Barn"),
        (("add", "barn", "ftp://x", "--node", "pi1"), "of no kind.*barn"),
        (("add", "barn", "concat:a|b", "--node", "pi1"), "barn"),
        (("set", "gaet", "node=pi1"), "no camera 'gaet'.*'gate'"),
        (("set", "gate", "nod=pi1"), "'nod'.*'node'"),
        (("set", "gate", "record.segmnt=1m"), "'segmnt'.*'segment'"),
        (("set", "gate", "node=pi3"), "'pi3'"),
        (("remove", "barn"), "no camera 'barn'"),
    ],
)
def test_what_cannot_be_meant_is_refused_and_changes_nothing(
    file: Path, words: tuple[str, ...], told: str
) -> None:
    with pytest.raises(BadSettings) as error:
        run(*words)

    assert re.search(told, str(error.value))
    assert file.read_text() == SITE


def test_a_file_too_unusual_is_left_to_a_person(file: Path) -> None:
    text = "cameras:\n  gate: &g {source: 'scene:'}\n  yard: *g\n"
    file.write_text(text)
    with pytest.raises(BadSettings, match=r"not changed.*by hand"):
        run("set", "yard", "source=scene:?fps=5")
    assert file.read_text() == text


def test_a_password_in_clear_is_remarked_upon_and_not_shown(file: Path) -> None:
    told = run("add", "barn", "rtsp://u:tellnobody@barn/s?key=1", "--node", "pi1")
    assert "reads from the environment" not in told.stdout
    assert "Its password stands in the file" in told.stderr
    rows = [json.loads(line) for line in run("list", "--json").stdout.splitlines()]
    assert [(row["camera"], row["node"], row["source"]) for row in rows] == [
        ("gate", "pi1", "rtsp://gate.local/s"),
        ("yard", "pi2", "scene:"),
        ("barn", "pi1", "rtsp://barn/s"),
    ]
    assert "tellnobody" not in told.output + run("list").output


def test_the_list_tells_how_old_footage_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recorder = Record(tmp_path / "home", {"gate": "scene:?size=320x176", "gone": "clip:gone.mp4"})
    recorder.start()
    try:
        recorder.wait_for("segment", 1, camera="gate")
        assert recorder.stop() == 0
    finally:
        recorder.kill()
    monkeypatch.setenv("LIVECAM_CONFIG", str(recorder.config))
    gate, gone = (json.loads(line) for line in run("list", "--json").stdout.splitlines())
    assert 0 <= gate["newest_age_s"] < 600
    assert gone["newest_age_s"] is None
    assert "no footage yet" in run("list").stdout


@pytest.mark.parametrize("name", [(), ("list",), ("add",), ("set",), ("remove",)])
def test_help_has_an_example(name: tuple[str, ...]) -> None:
    assert "Example: livecam cameras" in run(*name, "--help").output


@pytest.mark.full
def test_a_camera_is_paused_and_resumed_while_it_records(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder = Record(
        tmp_path / "home", {"gate": "scene:?size=320x176", "yard": "scene:?size=320x176"}
    )
    monkeypatch.setenv("LIVECAM_HOME", str(recorder.home))
    monkeypatch.setenv("LIVECAM_CONFIG", str(recorder.config))
    recorder.start()
    try:
        recorder.wait_for("segment", 1, camera="gate")
        pids = recorder.pids()
        assert json.loads(run("pause", "gate", "--json").stdout)["done"] == "paused"
        rows = [json.loads(line) for line in run("list", "--json").stdout.splitlines()]
        modes = {row["camera"]: row["mode"] for row in rows}
        assert modes == {"gate": "paused", "yard": "continuous"}
        before = len(recorder.segments("gate"))
        recorder.wait_for("segment", len(recorder.segments("yard")) + 4, camera="yard")
        assert len(recorder.segments("gate")) <= before + 1
        assert "gate: resumed" in run("resume", "gate").stderr
        assert "gate: not paused" in run("resume", "gate").stderr
        recorder.wait_for("segment", len(recorder.segments("gate")) + 1, camera="gate")
        assert recorder.pids() == pids
    finally:
        assert recorder.stop() == 0
    items = recorder.account("gate")
    assert_tiles(items)
    assert causes(items).count("disabled") == 1
    assert "paused" in [item.detail for item in items if isinstance(item, Gap)]
    assert "disabled" not in causes(recorder.account("yard"))


def test_a_pause_says_where_a_camera_is_recorded(file: Path) -> None:
    told = run("pause", "gate").stderr
    assert "gate: paused" in told
    assert "its node is pi1" in told
    with pytest.raises(BadSettings, match="no camera 'gates'"):
        run("pause", "gates")
