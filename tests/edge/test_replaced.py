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
from edge.child import PROGRAM, Row
from edge.clock import SystemClock
from edge.segment import Gap
from edge.spool import Spool
from edge.supervisor import Patience, Supervisor
from tests.edge.recording import assert_tiles
from tests.servers.process import wait_until

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
        wait_until(ready, seconds=60, what=what)

    def tiles(self, camera: str) -> list[str]:
        """The causes of a camera's gaps; all of its time is accounted for."""
        found = [item.segment for item in self.spool.sealed() if item.segment.camera == camera]
        gaps: list[Gap] = [item.gap for item in self.spool.gaps() if item.gap.camera == camera]
        assert_tiles(sorted([*found, *gaps], key=lambda item: (item.start_ms, item.end_ms)))
        return [gap.cause.value for gap in gaps]


def test_a_process_past_its_memory_limit_seals_and_is_replaced(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    watched = Watched(tmp_path, LEAKING, gate=250_000_000, yard=0)
    with watched.running():
        watched.until(lambda: watched.segments("yard") > 0, "a segment")
        gate, yard = watched.pid("gate"), watched.pid("yard")
        watched.until(lambda: watched.pid("gate") not in (0, gate), "another process")
        had = watched.segments("gate")
        watched.until(lambda: watched.segments("gate") > had + 1, "its segment")
        assert watched.pid("yard") == yard
    assert "gate: its process holds" in caplog.text
    assert "yard" not in caplog.text
    assert "recorder_down" in watched.tiles("gate")
    assert set(watched.tiles("yard")) <= {"waiting_keyframe"}
    assert not any(row.get("recovered") for row in watched.rows)  # asked, not killed


def test_a_process_that_hangs_is_replaced(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    watched = Watched(tmp_path, PROGRAM, gate=0, yard=0)
    with watched.running():
        watched.until(lambda: min(map(watched.segments, ("gate", "yard"))) > 0, "segments")
        gate, yard, had = watched.pid("gate"), watched.pid("yard"), watched.segments("gate")
        os.kill(gate, signal.SIGSTOP)
        watched.until(lambda: watched.pid("gate") not in (0, gate), "another process")
        watched.until(lambda: watched.segments("gate") > had + 1, "its segment")
        assert watched.pid("yard") == yard
    assert "gate: its process hangs" in caplog.text
    assert set(watched.tiles("yard")) <= {"waiting_keyframe"}
    watched.tiles("gate")
