"""A process a camera, watched and replaced, so that one costs no other a packet (E5)."""

from __future__ import annotations

import json
import logging
import os
import selectors
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from edge.camera_process import BEAT, Task
from edge.recorder import back_off

log = logging.getLogger(__name__)

SILENT_SECONDS = 60.0  # connecting and sealing are far quicker, a hanging name server is not
STOP_SECONDS = 15.0
_HEALTHY_SECONDS = 5.0  # what cannot run at all ends sooner
_TICK_SECONDS = 1.0

Row = dict[str, Any]


class _Child:
    """One camera's process, again and again."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self.process: subprocess.Popen[bytes] | None = None
        self.waits: Iterator[float] = back_off()
        self.started = self.heard = self.due = 0.0
        self._rest = b""

    def start(self) -> None:
        self.started = self.heard = time.monotonic()
        self._rest = b""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "edge.camera_process", self.task.name],
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
        for line in lines:
            if line != BEAT.encode():
                yield json.loads(line)

    def ask_to_stop(self) -> None:
        if self.process is not None and self.process.stdin is not None:
            try:
                self.process.stdin.close()
            except BrokenPipeError:
                return

    def end(self) -> None:
        """Kill what is left of it; harmless to repeat."""
        if self.process is None:
            return
        self.ask_to_stop()
        self.process.kill()
        self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()
        self.process = None


class Supervisor:
    """Runs a camera process for each task until `stopping()`; then all seal and end."""

    def __init__(
        self,
        tasks: Sequence[Task],
        *,
        stopping: Callable[[], bool],
        report: Callable[[Row], None],
    ) -> None:
        self._children = [_Child(task) for task in tasks]
        self._stopping, self._report = stopping, report
        self._selector = selectors.DefaultSelector()
        self._asked = False

    @property
    def pids(self) -> dict[str, int]:
        """The processes that run now, by camera."""
        return {c.task.name: c.process.pid for c in self._children if c.process is not None}

    def run(self) -> None:
        """Supervise until asked to stop, or interrupted; leaves no process behind."""
        try:
            while not self._stopping():
                for child in self._children:
                    self._tend(child)
                self._listen()
            self._stop()
        except KeyboardInterrupt:
            self._stop()
        finally:
            for child in self._children:
                child.end()
            self._selector.close()

    def _tend(self, child: _Child) -> None:
        now = time.monotonic()
        if child.process is None:
            if now >= child.due:
                child.start()
                assert child.process is not None
                self._selector.register(child.process.stdout, selectors.EVENT_READ, child)
        elif now - child.heard > SILENT_SECONDS:
            log.warning("%s: its process hangs, and is replaced", child.task.name)
            self._lose(child)

    def _listen(self) -> None:
        for key, _ in self._selector.select(self._patience()):
            child: _Child = key.data
            heard = child.heard
            for row in child.read():
                self._report(row)
            if child.heard == heard and self._ended(child):
                self._lose(child)

    def _patience(self) -> float:
        """Seconds until there is something to do for which nobody calls."""
        if self._asked:
            return _TICK_SECONDS
        due = [child.due for child in self._children if child.process is None]
        wait = min(due, default=_TICK_SECONDS + time.monotonic()) - time.monotonic()
        return max(0.0, min(wait, _TICK_SECONDS))

    def _ended(self, child: _Child) -> bool:
        """Its output is at its end: so it is, or about to be."""
        assert child.process is not None
        try:
            child.process.wait(1)
        except subprocess.TimeoutExpired:
            return True
        if not self._asked:
            code = child.process.returncode
            log.warning("%s: its process ended (%d), and is replaced", child.task.name, code)
        return True

    def _lose(self, child: _Child) -> None:
        now = time.monotonic()
        if child.process is not None and child.process.stdout is not None:
            self._selector.unregister(child.process.stdout)
        child.end()
        if now - child.started > _HEALTHY_SECONDS:
            child.waits = back_off()
        child.due = now + next(child.waits)

    def _stop(self) -> None:
        """Ask all at once, and wait for what they seal."""
        self._asked = True
        for child in self._children:
            child.ask_to_stop()
        deadline = time.monotonic() + STOP_SECONDS
        while self.pids and time.monotonic() < deadline:
            self._listen()
        for name in self.pids:
            log.warning("%s: did not stop in time, and is ended", name)
