"""E5 and the command: a process a camera, replaced when it dies, ended with its supervisor."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from edge import health
from edge.errors import BadSettings
from infra.cli.record import record as command
from infra.waiting import wait_until
from tests.edge.recording import Record, assert_tiles, causes

SMALL = "scene:?size=320x176"


@pytest.fixture
def recorder(tmp_path: Path) -> Iterator[Record]:
    recorder = Record(tmp_path / "node", {"gate": SMALL, "yard": SMALL, "gone": "clip:gone.mp4"})
    recorder.start()
    recorder.wait_for("segment", 1, camera="gate")
    recorder.wait_for("segment", 1, camera="yard")
    yield recorder
    if recorder.process is not None and recorder.process.poll() is None:
        recorder.kill()


def pid_of(recorder: Record, camera: str) -> int:
    def of(pid: int) -> bool:
        return camera in Path(f"/proc/{pid}/cmdline").read_text().split("\0")

    return next(pid for pid in recorder.children() if of(pid))


def ended(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except FileNotFoundError:
        return True


def test_a_camera_process_that_dies_is_replaced_and_the_others_go_on(recorder: Record) -> None:
    killed, other = pid_of(recorder, "gate"), pid_of(recorder, "yard")
    os.kill(killed, signal.SIGKILL)
    had = len(recorder.segments("gate"))
    recorder.wait_for("segment", had + 2, camera="gate")
    assert pid_of(recorder, "gate") != killed
    assert pid_of(recorder, "yard") == other
    assert recorder.stop(signal.SIGINT) == 0
    assert "recorder_down" in causes(recorder.account("gate"))
    assert set(causes(recorder.account("yard"))) <= {"waiting_keyframe"}
    assert set(causes(recorder.account("gone"))) == {"camera_unreachable"}
    for camera in recorder.cameras:
        assert_tiles(recorder.account(camera))


def test_camera_processes_seal_and_end_when_their_supervisor_is_killed(recorder: Record) -> None:
    pids = recorder.children()
    assert len(pids) == 3
    assert recorder.process is not None
    recorder.process.kill()
    recorder.process.wait()
    wait_until(lambda: all(ended(pid) for pid in pids), what="their end")
    assert not list((recorder.home / "spool" / "recording").glob("*.part"))
    had = len(recorder.segments("gate"))
    recorder.start()
    wait_until(lambda: len(recorder.segments("gate")) > had, what="a segment")
    assert recorder.stop() == 0
    assert_tiles(recorder.account("gate"))


def test_a_camera_that_left_the_configuration_is_disabled(recorder: Record) -> None:
    assert recorder.stop() == 0
    left = Record(recorder.home, {"yard": SMALL})
    left.start()
    wait_until(lambda: "disabled" in causes(left.account("gate")), what="a gap")
    assert left.stop() == 0
    assert_tiles(left.account("gate"))


def test_recording_without_a_camera_says_what_to_write(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(BadSettings, match=r"no camera to record.*scene:"):
        CliRunner().invoke(command, [], catch_exceptions=False)
    (tmp_path / "livecam.yaml").write_text(
        "nodes: {a: {}, b: {}}\ncameras: {gate: {node: a, source: 'scene:'}}"
    )
    refusals = {"several nodes": [], "Known": ["--node", "c"], "no camera": ["--node", "b"]}
    for told, arguments in refusals.items():
        with pytest.raises(BadSettings, match=told):
            CliRunner().invoke(command, arguments, catch_exceptions=False)


def test_help_has_an_example() -> None:
    assert "livecam record" in CliRunner().invoke(command, ["--help"]).output


def test_health_reads_this_machine(tmp_path: Path) -> None:
    seen = health.read(tmp_path)
    assert seen.cpus >= 1
    assert 0 < seen.disk_free_bytes <= seen.disk_total_bytes
    assert seen.memory_free_bytes
