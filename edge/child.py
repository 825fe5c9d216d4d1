"""One camera's process as its supervisor knows it: started, heard, asked, replaced."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from edge.camera_process import Task
from edge.counts import BEAT, Pulse
from edge.doing import MARK, Doing
from edge.recorder import back_off
from edge.report import CameraReport

PROGRAM = "edge.camera_process"
_LONGEST_LINE = 1 << 20
_GONE_SECONDS = 5.0
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")

log = logging.getLogger(__name__)

Row = dict[str, Any]


class Child:
    """One camera's process, again and again.

    `wanted` is what its next process is told, None where there shall be none; `leave_by` is
    when a process that was asked to seal and end must have done so.
    """

    def __init__(self, task: Task, program: str = PROGRAM) -> None:
        self.task = task
        self.wanted: Task | None = task
        self.process: subprocess.Popen[bytes] | None = None
        self.waits: Iterator[float] = back_off()
        self.started = self.heard = self.due = self.weighed = 0.0
        self.leave_by: float | None = None
        self.pulses: tuple[Pulse, ...] = ()  # the last two of this process
        self.doing = Doing()
        self.held_bytes = 0
        self._program = program
        self._rest = b""

    def start(self) -> None:
        self.started = self.heard = self.weighed = time.monotonic()
        self._rest, self.pulses, self.doing = b"", (), Doing()
        self.process = subprocess.Popen(
            [sys.executable, "-m", self._program, self.task.name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            # One's own group: Ctrl-C goes to the supervisor, which asks in its order.
            process_group=0,
        )
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(self.task.to_line())
            self.process.stdin.flush()
        except BrokenPipeError:
            return  # it is gone already: seen when its output ends

    def read(self) -> Iterator[Row]:
        """What it told since; its heartbeats are noted."""
        assert self.process is not None
        assert self.process.stdout is not None
        data = os.read(self.process.stdout.fileno(), 65536)
        if data:
            self.heard = time.monotonic()
        *lines, self._rest = (self._rest + data).split(b"\n")
        self._rest = self._rest[-_LONGEST_LINE:]
        for line in lines:
            # A library may print what it likes: nobody else's recording may notice (E5).
            try:
                if line.startswith(BEAT.encode()):
                    self.pulses = (*self.pulses[-1:], Pulse.from_line(line.decode()))
                    continue
                if line.startswith(MARK.encode()):
                    self.doing = Doing.from_line(line.decode())
                    continue
                row = dict(json.loads(line))
            except (ValueError, TypeError):
                log.warning("%s: its process said what means nothing here", self.task.name)
            else:
                yield row

    def ask_to_stop(self) -> None:
        if self.process is not None and self.process.stdin is not None:
            try:
                self.process.stdin.close()
            except BrokenPipeError:
                return

    def ask_to_leave(self, seconds: float) -> None:
        """Ask it to seal and end; it has so long. Asked again, it has no longer."""
        self.ask_to_stop()
        if self.leave_by is None:
            self.leave_by = time.monotonic() + seconds

    def weigh(self) -> None:
        """Read in `held_bytes` what of its memory is resident; 0 where nothing tells."""
        assert self.process is not None
        self.held_bytes, self.weighed = 0, time.monotonic()
        with suppress(OSError, IndexError):
            pages = Path(f"/proc/{self.process.pid}/statm").read_text().split()[1]
            self.held_bytes = int(pages) * _PAGE_BYTES

    def report(self) -> CameraReport:
        """How its camera fares, by its last two heartbeats."""
        doing = {name: getattr(self.doing, name) for name in Doing.model_fields}
        if self.process is None or len(self.pulses) < 2:
            return CameraReport(memory_bytes=self.held_bytes, **doing)
        before, now = self.pulses
        seconds = max(now.at_ms - before.at_ms, 1) / 1_000
        return CameraReport(
            fps=round((now.pictures - before.pictures) / seconds, 2),
            bits_per_s=round((now.bytes - before.bytes) * 8 / seconds),
            lost=now.lost,
            memory_bytes=self.held_bytes,
            **doing,
        )

    def end(self) -> None:
        """Kill what is left of it; harmless to repeat."""
        if self.process is None:
            return
        self.ask_to_stop()
        self.process.kill()
        try:
            self.process.wait(_GONE_SECONDS)
        except subprocess.TimeoutExpired:
            # In a driver that does not come back: what follows it waits for its lock.
            log.warning("%s: its process cannot be ended yet", self.task.name)
        if self.process.stdout is not None:
            self.process.stdout.close()
        self.process = None
