"""`up` and `down`: one supervisor a home, found again by its lock and its record."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import IO

from edge.clock import SystemClock
from edge.errors import MissingPart
from edge.home import Home
from infra.stack import prepare, process, record
from infra.stack.process import Identity
from infra.stack.site import Addresses, Plan
from infra.stack.supervisor import Supervisor, stop_all

READY_S = 180
STOP_S = 60
Tell = Callable[[str], None]


@contextmanager
def stopping() -> Iterator[threading.Event]:
    """An event that Ctrl-C, SIGTERM and a closed terminal set instead of interrupting.

    An exception in the middle of a start could leave a process that nobody knows of.
    """
    asked = threading.Event()
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.signal(number, lambda *_: asked.set()) for number in numbers]
    try:
        yield asked
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


def other(home: Home, *, seconds: float = READY_S) -> Addresses | None:
    """The addresses that a living supervisor of this home answers at; None without one.

    Waits for one that is just starting. Raises MissingPart when it does not become ready.
    """
    deadline = time.monotonic() + seconds
    while (lock := record.supervise(home)) is None:
        values = record.read(home, record.ADDRESSES)
        if values is not None:
            return Addresses(**values)
        if time.monotonic() > deadline:
            raise MissingPart(
                "`up` runs here but is not ready", hint="See the logs", path=home.logs
            )
        time.sleep(0.25)
    lock.close()
    return None


def supervise(
    home: Home,
    lock: IO[str],
    make_plan: Callable[[], Plan],
    tell: Tell,
    ready: Callable[[Addresses], None],
    stop: threading.Event,
    tick: Callable[[Supervisor, Plan], None] = lambda _parts, _plan: None,
) -> None:
    """Run a plan's parts until `stop` is set, then end them all. The lock is released after.

    `tick` is called a few times a second once all is ready.
    """
    with lock:
        record.forget(home, record.ADDRESSES)
        mine = process.myself()
        record.write(home, record.SUPERVISOR, asdict(mine))
        plan = make_plan()
        parts = Supervisor(home, plan.parts, SystemClock(), tell)

        def over() -> bool:
            tick(parts, plan)
            return stop.is_set()

        try:
            for name in parts.adopt():
                tell(f"{name} runs already: adopted")
            with prepare.beside(plan.outside, tell):
                _until_ready(parts, tell, stop)
                if not stop.is_set():
                    record.write(home, record.ADDRESSES, asdict(plan.addresses))
                    ready(plan.addresses)
                parts.run(over)
        finally:
            parts.stop()
            record.forget(home, record.ADDRESSES)
            record.forget(home, record.SUPERVISOR)


def _until_ready(parts: Supervisor, tell: Tell, stop: threading.Event) -> None:
    deadline = time.monotonic() + READY_S
    parts.run(lambda: stop.is_set() or not parts.waiting() or time.monotonic() > deadline)
    if late := parts.waiting():
        tell(f"not ready yet, still trying: {', '.join(late)}")


def down(home: Home) -> list[str]:
    """End the supervisor and every part of this home; the names of what ran. Repeatable."""
    running = [name for name, one in record.parts(home).items() if one.identity.alive]
    values = record.read(home, record.SUPERVISOR)
    if values is not None:
        supervisor = Identity(**values)
        if supervisor.alive and not process.ask(supervisor, seconds=STOP_S):
            raise MissingPart("`up` does not end", hint=f"It is process {supervisor.pid}")
    stop_all(home)
    for name in (record.SUPERVISOR, record.ADDRESSES):
        record.forget(home, name)
    return running
