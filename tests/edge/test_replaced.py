"""E5: a camera's process that hangs or eats memory is replaced, and the others are not moved."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from edge.camera_process import Task
from edge.child import Row
from edge.clock import SystemClock
from edge.segment import Gap
from edge.spool import Spool
from edge.supervisor import Patience, Supervisor
from infra.waiting import wait_until
from tests.edge.recording import assert_tiles

LEAKING = "tests.edge.leaking"
QUICK = Patience(silent=9, stop=5, weigh=0.5)


class Watched:
    """A supervisor in a thread, and what its cameras told."""

    def __init__(self, root: Path, program: str, **limits: int) -> None:
        self.spool = Spool(root, "pi1", SystemClock())
        self._over = threading.Event()
        self.rows: list[Row] = []
        tasks = [
            Task(name, "pi1", "scene:?size=320x176", 2_000, str(root), limit)
            for name, limit in limits.items()
        ]
        self.supervisor = Supervisor(
            tasks,
            stopping=self._over.is_set,
            report=self.rows.append,
            patience=QUICK,
            program=program,
        )
        self._thread = threading.Thread(target=self.supervisor.run)

    @contextmanager
    def running(self) -> Iterator[None]:
        self._thread.start()
        try:
            yield
        finally:
            self._over.set()
            self._thread.join()

    def segments(self, camera: str) -> int:
        return sum(row["kind"] == "segment" and row["camera"] == camera for row in self.rows)

    def pid(self, camera: str) -> int:
        return self.supervisor.pids.get(camera, 0)

    def until(self, ready: Callable[[], bool], what: str) -> None:
        wait_until(ready, what=what)

    def tiles(self, camera: str) -> list[str]:
        """The causes of a camera's gaps; all of its time is accounted for."""
        found = [item.segment for item in self.spool.sealed() if item.segment.camera == camera]
        gaps: list[Gap] = [item.gap for item in self.spool.gaps() if item.gap.camera == camera]
        assert_tiles(sorted([*found, *gaps], key=lambda item: (item.start_ms, item.end_ms)))
        return [gap.cause.value for gap in gaps]


@pytest.mark.full
def test_processes_that_eat_memory_or_hang_are_replaced_and_no_other_is_moved(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    watched = Watched(tmp_path, LEAKING, gate=250_000_000, hall=0, yard=0)
    with watched.running():
        watched.until(lambda: min(map(watched.segments, ("hall", "yard"))) > 0, "segments")
        before = {camera: watched.pid(camera) for camera in ("gate", "hall", "yard")}
        os.kill(before["hall"], signal.SIGSTOP)
        for camera in ("gate", "hall"):
            watched.until(
                lambda camera=camera: watched.pid(camera) not in (0, before[camera]),  # type: ignore[misc]
                f"another process of {camera}",
            )
        had = {camera: watched.segments(camera) for camera in ("gate", "hall")}
        watched.until(lambda: all(watched.segments(c) > had[c] + 1 for c in had), "their segments")
        assert watched.pid("yard") == before["yard"]
    assert "gate: its process holds" in caplog.text
    assert "gate: its process said what means nothing here" in caplog.text
    assert "hall: its process hangs" in caplog.text
    assert "yard" not in caplog.text
    assert "recorder_down" in watched.tiles("gate")
    assert "recorder_down" in watched.tiles("hall")
    assert set(watched.tiles("yard")) <= {"waiting_keyframe"}
    # Who eats memory is asked to seal; only who hangs is killed.
    assert {row["camera"] for row in watched.rows if row.get("recovered")} <= {"hall"}
