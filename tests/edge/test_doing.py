"""What a camera's process does now: from the process to the report that health and status read."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest
from click.testing import CliRunner

from edge import report
from edge.camera_process import Task
from edge.clock import SystemClock
from edge.doing import Doing, Encoding, Now
from edge.errors import BadSettings
from edge.home import Home
from edge.report import CameraReport, Reporter
from edge.settings import camera_settings
from edge.supervisor import Hooks, Supervisor
from infra.cli.status import status
from infra.waiting import wait_until


def test_what_is_told_is_read_again_and_what_is_not_meant_is_refused() -> None:
    now = Now()
    now.chosen(854, 480, {"h264_nvenc": "there is no /dev/nvidia* here " + "x" * 400})
    now.encodes("libx264", 854, 480, "480p 2000k")
    now.change(fallback=True)
    assert Doing.from_line(now.doing.to_line()) == now.doing
    assert now.doing.encoding is not None
    assert len(now.doing.encoding.fell["h264_nvenc"]) == 300
    now.forget()
    assert now.doing == Doing(fallback=True)
    with pytest.raises(ValueError, match="fast"):
        Doing.from_line('={"fast": true}')


def test_the_encoder_and_why_others_fell_reach_report_and_status(livecam_home: Path) -> None:
    home, clock, over = Home(livecam_home), SystemClock(), threading.Event()
    task = Task("gate", "local", "scene:?fps=5&size=320x176", 2_000, str(home.spool))
    home.spool.mkdir(parents=True)
    found: list[CameraReport] = []
    with Reporter(home.recorder, "local", home.spool, 0, clock) as reporter:
        supervisor = Supervisor(
            [task],
            stopping=over.is_set,
            report=lambda _: None,
            hooks=Hooks(tick=reporter.tick),
        )
        thread = threading.Thread(target=supervisor.run)
        thread.start()

        def told() -> bool:
            reports = report.read(home.recorder, clock.utc_ms())
            found[:] = [one.cameras["gate"] for one in reports.values() if "gate" in one.cameras]
            return any(one.encoding and one.fps for one in found)

        try:
            wait_until(told, what="the encoder to be told")
            done = CliRunner().invoke(status, ["--json"], catch_exceptions=False)
        finally:
            over.set()
            thread.join()
    (gate,) = found
    assert gate.rung == "480p 2000k"
    assert gate.encoding is not None
    assert (gate.encoding.width, gate.encoding.height) == (320, 176)
    # Whichever works on this machine: all before it fell for a reason.
    assert all(gate.encoding.fell.values())
    if not any(Path("/dev").glob("video*")):
        assert "h264_v4l2m2m" in gate.encoding.fell
    rows = json.loads(done.stdout)["cameras"]
    assert [row["now"]["encoding"]["name"] for row in rows if row["now"]] in (
        [],  # nothing of the camera is in the spool yet
        [gate.encoding.name],
    )


def test_a_report_names_what_it_knows() -> None:
    encoding = Encoding(name="libx264", width=1280, height=720, fell={"h264_qsv": "no device"})
    told = CameraReport(fps=10, rung="720p 4000k", encoding=encoding)
    assert CameraReport.model_validate_json(told.model_dump_json()) == told


def test_the_ladder_s_thresholds_are_settings() -> None:
    def ladder(values: object) -> object:
        document = {"cameras": {"gate": {"source": "scene:", "record": {"ladder": values}}}}
        return camera_settings(document)["gate"].record.ladder

    assert camera_settings({"cameras": {"gate": {"source": "scene:"}}})["gate"].record.ladder.low
    assert ladder({"low": "20s", "fair": "1m", "patience": "5s"}).patience == 5_000  # type: ignore[attr-defined]
    with pytest.raises(BadSettings, match="fair must be twice low"):
        ladder({"low": "1h", "fair": "1h"})
    with pytest.raises(BadSettings, match="patience"):
        ladder({"patiense": "1h"})
