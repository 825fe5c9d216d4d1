"""`livecam record` as a process, and its spool read back."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import av
import numpy as np
import numpy.typing as npt

from edge.camera import blocks
from edge.clock import SystemClock
from edge.segment import Gap, Segment
from edge.spool import SealedSegment, Spool
from infra.waiting import wait_until

ROOT = Path(__file__).parents[2]
_STOP_SECONDS = 60


class Record:
    """`livecam record --json` on a home of its own; `stop` answers its exit status."""

    def __init__(self, home: Path, cameras: Mapping[str, str], segment: str = "2s") -> None:
        self.home = home
        home.mkdir(parents=True, exist_ok=True)
        self.config = home / "livecam.yaml"
        self.cameras = tuple(cameras)
        entries = {name: {"source": source} for name, source in cameras.items()}
        self.config.write_text(json.dumps({"record": {"segment": segment}, "cameras": entries}))
        self.log = home / "record.log"
        self.rows_file = home / "rows.jsonl"
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def spool(self) -> Spool:
        return Spool(self.home / "spool", "local", SystemClock())

    def start(self) -> None:
        environment = {
            **os.environ,
            "LIVECAM_HOME": str(self.home),
            "LIVECAM_CONFIG": str(self.config),
        }
        with self.log.open("ab") as log, self.rows_file.open("ab") as rows:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "infra.cli", "record", "--json"],
                cwd=ROOT,
                env=environment,
                stdout=rows,
                stderr=log,
                start_new_session=True,
            )

    def stop(self, number: int = signal.SIGTERM) -> int:
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(_STOP_SECONDS)

    def kill(self) -> None:
        """SIGKILL to the recorder and its camera processes at once; harmless to repeat."""
        if self.process is None or self.process.poll() is not None:
            return
        for pid in [self.process.pid, *self.children()]:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        self.process.wait()

    def children(self) -> list[int]:
        assert self.process is not None
        tasks = Path(f"/proc/{self.process.pid}/task")
        try:
            listed = [(task / "children").read_text() for task in tasks.iterdir()]
        except FileNotFoundError:
            return []
        return [int(pid) for text in listed for pid in text.split()]

    def pids(self) -> dict[str, int]:
        """The camera processes that run now, by camera."""
        words = {pid: _words(pid) for pid in self.children()}
        return {name: pid for name in self.cameras for pid, has in words.items() if name in has}

    def rows(self) -> list[dict[str, Any]]:
        lines = self.rows_file.read_bytes().split(b"\n")[:-1]
        return [json.loads(line) for line in lines if line.startswith(b"{")]

    def wait_for(self, kind: str, count: int, *, camera: str | None = None, s: float = 60) -> None:
        def enough() -> bool:
            rows = [r for r in self.rows() if r["kind"] == kind]
            return sum(camera in {None, r["camera"]} for r in rows) >= count

        wait_until(enough, seconds=s, what=f"{count} {kind}s\n{self.log.read_text()[-2000:]}")

    def segments(self, camera: str) -> list[SealedSegment]:
        return [item for item in self.spool.sealed() if item.segment.camera == camera]

    def account(self, camera: str) -> list[Segment | Gap]:
        """All of a camera's time, in order."""
        gaps = [item.gap for item in self.spool.gaps() if item.gap.camera == camera]
        items: list[Segment | Gap] = [*(item.segment for item in self.segments(camera)), *gaps]
        return sorted(items, key=lambda item: (item.start_ms, item.end_ms))


def _words(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().split("\0")
    except (FileNotFoundError, ProcessLookupError):
        return []


def marks(path: Path) -> list[blocks.Mark]:
    """The marks of a drawn camera's pictures in a segment, all of them readable."""
    with av.open(str(path)) as container:
        found = [
            blocks.read(cast("npt.NDArray[np.uint8]", frame.to_ndarray(format="gray")))
            for frame in container.decode(video=0)
        ]
    assert None not in found
    return [mark for mark in found if mark]
