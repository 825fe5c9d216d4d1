"""A process a camera, watched and replaced, so that one costs no other a packet (E5)."""

from __future__ import annotations

import logging
import selectors
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from edge.camera_process import Task
from edge.child import PROGRAM, Child, Row
from edge.recorder import back_off
from edge.report import CameraReport, Fares

log = logging.getLogger(__name__)

_TICK_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Patience:
    """For how long a camera's process is put up with, in seconds."""

    silent: float = 60.0  # connecting and sealing are far quicker, a hanging name server is not
    stop: float = 15.0
    healthy: float = 5.0  # what cannot run at all ends sooner
    weigh: float = 5.0  # how often its memory is read
    thin: float = 60.0  # one that reaches its limit sooner than this waits ever longer


def _no_changes() -> None:
    return None


def _nothing() -> None:
    return


@dataclass(frozen=True, slots=True)
class Hooks:
    """What is asked and told meanwhile, by the thread that supervises.

    `changes` is asked once a second, and answers all tasks where they are others from now on:
    only processes whose task is another are ended and replaced. `gone` is told of a camera
    whose task was taken away, once its process has ended. `tick` is called once a second, and may
    ask how cameras fare; `ending` before all are asked to seal.
    """

    changes: Callable[[], Sequence[Task] | None] = _no_changes
    gone: Callable[[str], None] = lambda _: None
    tick: Callable[[Fares], None] = lambda _: None
    ending: Callable[[], None] = _nothing


class Supervisor:
    """Runs a camera process for each task until `stopping()`; then all seal and end."""

    def __init__(
        self,
        tasks: Sequence[Task],
        *,
        stopping: Callable[[], bool],
        report: Callable[[Row], None],
        hooks: Hooks = Hooks(),
        patience: Patience = Patience(),
        program: str = PROGRAM,
    ) -> None:
        self._program = program
        self._children = [Child(task, program) for task in tasks]
        self._stopping, self._report = stopping, report
        self._hooks, self._for = hooks, patience
        self._selector = selectors.DefaultSelector()
        self._asked = False
        self._ticked = float("-inf")

    @property
    def pids(self) -> dict[str, int]:
        """The processes that run now, by camera."""
        return {c.task.name: c.process.pid for c in self._children if c.process is not None}

    def cameras(self) -> dict[str, CameraReport]:
        """How each camera fares."""
        return {child.task.name: child.report() for child in self._children}

    def run(self) -> None:
        """Supervise until asked to stop, or interrupted; leaves no process behind."""
        try:
            while not self._stopping():
                self._tick()
                for child in self._children[:]:
                    self._tend(child)
                self._listen()
            self._stop()
        except KeyboardInterrupt:
            self._stop()
        finally:
            for child in self._children:
                child.end()
            self._selector.close()

    def _tick(self) -> None:
        """What is done once a second, however often somebody calls."""
        now = time.monotonic()
        if now - self._ticked < _TICK_SECONDS:
            return
        self._ticked = now
        self._hooks.tick(self.cameras)
        tasks = self._hooks.changes()
        if tasks is not None:
            self._follow({task.name: task for task in tasks})

    def _follow(self, tasks: dict[str, Task]) -> None:
        """Want these tasks from now on; what is the same is not touched."""
        for child in self._children[:]:
            self._want(child, tasks.pop(child.task.name, None))
        self._children += [Child(task, self._program) for task in tasks.values()]

    def _want(self, child: Child, task: Task | None) -> None:
        if task == child.wanted:
            return
        child.wanted = task
        if child.process is not None:
            child.ask_to_leave(self._for.stop)
        else:
            self._go_on(child)

    def _tend(self, child: Child) -> None:
        now = time.monotonic()
        if child.process is None:
            if now >= child.due:
                child.start()
                assert child.process is not None
                self._selector.register(child.process.stdout, selectors.EVENT_READ, child)
        elif child.leave_by is not None:
            if now > child.leave_by:
                log.warning("%s: did not stop in time, and is ended", child.task.name)
                self._lose(child)
        elif now - child.heard > self._for.silent:
            log.warning("%s: its process hangs, and is replaced", child.task.name)
            self._lose(child)
        elif now - child.weighed >= self._for.weigh:
            self._weigh(child)

    def _weigh(self, child: Child) -> None:
        """Ask a process that grew past its limit to seal; another takes its place."""
        child.weigh()
        held, limit = child.held_bytes, child.task.memory_bytes
        if 0 < limit < held:
            log.warning(
                "%s: its process holds %d MB of memory, more than record.memory allows (%d MB),"
                " and is replaced",
                child.task.name,
                held // 1_000_000,
                limit // 1_000_000,
            )
            child.ask_to_leave(self._for.stop)

    def _listen(self) -> None:
        for key, _ in self._selector.select(self._patience()):
            child: Child = key.data
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

    def _ended(self, child: Child) -> bool:
        """Its output is at its end: so it is, or about to be."""
        assert child.process is not None
        try:
            child.process.wait(1)
        except subprocess.TimeoutExpired:
            return True
        if not self._asked and child.leave_by is None:
            code = child.process.returncode
            log.warning("%s: its process ended (%d), and is replaced", child.task.name, code)
        return True

    def _lose(self, child: Child) -> None:
        now = time.monotonic()
        if child.process is not None and child.process.stdout is not None:
            self._selector.unregister(child.process.stdout)
        child.end()
        asked, child.leave_by = child.leave_by is not None, None
        if child.wanted != child.task:
            self._go_on(child)
            return
        if now - child.started > (self._for.thin if asked else self._for.healthy):
            child.waits = back_off()
        child.due = now + next(child.waits)

    def _go_on(self, child: Child) -> None:
        """Take over what is wanted of a camera that has no process now."""
        if child.wanted is None:
            self._children.remove(child)
            self._hooks.gone(child.task.name)
            return
        child.task, child.waits, child.due = child.wanted, back_off(), 0.0

    def _stop(self) -> None:
        """Ask all at once, and wait for what they seal."""
        self._asked = True
        self._hooks.ending()
        for child in self._children:
            child.ask_to_stop()
        deadline = time.monotonic() + self._for.stop
        while self.pids and time.monotonic() < deadline:
            self._listen()
        for name in self.pids:
            log.warning("%s: did not stop in time, and is ended", name)
