"""The process that records one camera: `python -m edge.camera_process NAME`.

Standard input: one JSON line, the `Task`, then nothing until its end, which means stop: it also
comes when the supervisor is killed. Standard output: a line every few seconds while it lives
(`.` and its counts), and a JSON line for each segment, gap, and start or end of motion. Standard
error: the log. Addresses hold passwords: they come by the pipe, so that `ps` and /proc show the
camera's name only.
"""

from __future__ import annotations

import gc
import json
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from edge.camera.assembled import assemble
from edge.clock import Clock, SystemClock, to_iso
from edge.counts import Counts
from edge.doing import Doing, Now
from edge.encode import Limits, Means
from edge.encode.choice import Choices
from edge.encode.reported import Reported
from edge.errors import LivecamError
from edge.home import Home
from edge.live import LiveSocket
from edge.modes.gate import Motion
from edge.modes.pause import pause_file
from edge.modes.plan import Mode, Plan, Wanted
from edge.recorder import Recorder, back_off
from edge.segment import Gap, Segment
from edge.spool import Spool
from edge.subscribers import Fan

LOG_FORMAT = "%(asctime)s %(levelname)s %(message)s"
# Nobody else ends a process that hangs in a call when its supervisor is gone; and a new one may
# be waiting for this camera's lock. What it cannot seal by then is recovered.
_LAST_SECONDS, _ORPHANED_SECONDS = 20, 5
_BEAT_SECONDS = 5

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Task:
    """What a camera's process is told. `source` and `sub` may hold a password.

    `memory_bytes` is for its supervisor, who replaces a process that holds more; 0: no limit.
    """

    name: str
    node: str
    source: str
    segment_ms: int
    spool: str
    memory_bytes: int = 0
    transport: str = "tcp"
    low_runway_ms: int = 3_600_000
    fair_runway_ms: int = 4 * 3_600_000
    patience_ms: int = 120_000
    plan: dict[str, Any] = field(default_factory=dict)  # of `edge.modes.plan.Plan`
    sub: str = ""
    fallback: str = ""

    @property
    def limits(self) -> Limits:
        """When to move on the ladder."""
        return Limits(
            low_runway_s=self.low_runway_ms / 1_000,
            fair_runway_s=self.fair_runway_ms / 1_000,
            patience_ms=self.patience_ms,
        )

    def __repr__(self) -> str:
        return f"Task({self.name!r})"

    def to_line(self) -> bytes:
        return json.dumps(asdict(self)).encode() + b"\n"


class PipeWatch:
    """Asked to stop by the end of standard input or a signal; beats by standard output."""

    def __init__(self, mode: Callable[[], Mode]) -> None:
        self._asked, self._mode = False, mode
        self._supervisor = os.getppid()
        self.counts, self.now = Counts(), Now()
        self._beaten = float("-inf")
        self._told = Doing()

    def stopping(self) -> bool:
        return self._asked

    def beat(self) -> None:
        now = time.monotonic()
        if now - self._beaten >= _BEAT_SECONDS:
            self._beaten = now
            tell(self.counts.pulse(round(now * 1000)).to_line())
            self.now.change(mode=self._mode())
            if self.now.doing != self._told:
                self._told = self.now.doing
                tell(self._told.to_line())

    def stop(self, *_: object) -> None:
        self._asked = True

    def listen(self) -> None:
        """Wait for the end of standard input, in a thread of its own."""
        while os.read(0, 4096):
            pass
        self._asked = True
        orphaned = os.getppid() != self._supervisor
        time.sleep(_ORPHANED_SECONDS if orphaned else _LAST_SECONDS)
        os._exit(1)


def tell(line: str) -> None:
    """Write a line to the supervisor; where it is gone, the end of our input says so too."""
    try:
        os.write(1, line.encode() + b"\n")
    except BrokenPipeError:
        return


def row(item: Segment | Gap) -> dict[str, object]:
    """A segment or gap as `record --json` prints it."""
    facts = item.model_dump(mode="json", exclude={"fragments", "start_ms", "boot_id"})
    kind = "gap" if isinstance(item, Gap) else "segment"
    times = {"start_utc": to_iso(item.start_ms), "end_utc": to_iso(item.end_ms)}
    return {"kind": kind, "id": item.id, **facts, **times}


def moved(task: Task, clock: Clock, motion: Motion) -> dict[str, object]:
    """A start or an end of motion as `record --json` and the local feed tell it."""
    at_ms = clock.utc_ms() - (clock.monotonic_ms() - motion.at_ms)
    state = "start" if motion.moving else "end"
    return {"kind": "motion", "camera": task.name, "state": state, "at_utc": to_iso(at_ms)}


def main() -> int:
    """Record until asked to stop. Exit status 1 for what trying again may mend."""
    logging.basicConfig(format=LOG_FORMAT, level=logging.INFO, stream=sys.stderr)
    logging.Formatter.converter = time.gmtime
    task = Task(**json.loads(_first_line()))
    clock = SystemClock()
    wanted = _wanted(task, clock)
    watch = PipeWatch(wanted.mode)
    signal.signal(signal.SIGTERM, watch.stop)
    signal.signal(signal.SIGINT, watch.stop)
    threading.Thread(target=watch.listen, name="listen", daemon=True).start()
    gc.freeze()  # what was imported stays: let no collection walk it while packets come
    fan = Fan(watch.counts)
    try:
        watch.beat()
        with LiveSocket(Home.from_environment().recorder, task.name, fan):
            Recorder(
                task.name,
                assemble(task, clock, _means(task, clock, watch.now), back_off),
                Spool(Path(task.spool), task.node, clock),
                segment_ms=task.segment_ms,
                clock=clock,
                watch=watch,
                report=lambda item: tell(json.dumps(row(item))),
                counts=watch.counts,
                fan=fan,
                wanted=wanted,
                moves=lambda motion: tell(json.dumps(moved(task, clock, motion))),
            ).run()
    except LivecamError as error:
        log.warning("%s: %s", task.name, error)
        return 1
    except Exception as error:  # noqa: BLE001
        # No traceback: in libav's errors it would show the address.
        where = error.__traceback__
        while where and where.tb_next:
            where = where.tb_next
        place = f"{where.tb_frame.f_code.co_qualname}:{where.tb_lineno}" if where else "?"
        log.error("%s: %s in %s", task.name, type(error).__name__, place)
        return 1
    return 0


def _means(task: Task, clock: Clock, now: Now) -> Means:
    folder = Home.from_environment().recorder
    choices = Choices(folder, clock)

    def choose(codec: str, width: int, height: int, fps: int) -> str:
        choice = choices.choose(codec, width, height, fps)
        now.chosen(width, height, choice.fell)
        return choice.name

    return Means(choose, Reported(folder, task.node, clock, task.name), task.limits, now)


def _wanted(task: Task, clock: Clock) -> Wanted:
    pause = pause_file(Home.from_environment().recorder, task.name)
    return Wanted(Plan.model_validate(task.plan), clock, pause)


def _first_line() -> bytes:
    line = b""
    while not line.endswith(b"\n"):
        more = os.read(0, 1)
        if not more:
            break
        line += more
    return line


if __name__ == "__main__":
    sys.exit(main())
