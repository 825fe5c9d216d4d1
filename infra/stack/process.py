"""A process of ours, known by pid and start time, and everything that it started.

Prefect's worker gives every flow run a session of its own, so neither process group nor
session holds a part together. What does is the environment: each part is started with a mark
in `LIVECAM_PART` that its descendants inherit and that no other process carries.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

MARK = "LIVECAM_PART"
_PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class Identity:
    """A process beyond its pid: `started` is in clock ticks since boot, which never step."""

    pid: int
    started: int
    boot_id: str

    @property
    def alive(self) -> bool:
        """Whether this very process still runs; a zombie does not."""
        return self.boot_id == _boot_id() and _started(self.pid) == self.started


def identify(pid: int) -> Identity | None:
    """The identity of a running process; None when there is none."""
    started = _started(pid)
    return None if started is None else Identity(pid, started, _boot_id())


def myself() -> Identity:
    """This process."""
    return Identity(os.getpid(), _started(os.getpid()) or 0, _boot_id())


def start(
    argv: Sequence[str], environment: Mapping[str, str], log: Path, mark: str
) -> subprocess.Popen[bytes]:
    """Start a part in a session of its own, its output appended to `log`."""
    log.parent.mkdir(parents=True, exist_ok=True)
    # Appending lets the log be cut short under the running process.
    with log.open("ab") as output:
        return subprocess.Popen(
            argv,
            env={**os.environ, **environment, MARK: mark},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def marked(marks: Sequence[str]) -> list[Identity]:
    """Every process that carries one of these marks, whoever is its parent now."""
    wanted = {f"{MARK}={mark}".encode() for mark in marks}
    found = (identify(pid) for pid in _pids() if _carries(pid, wanted))
    return [one for one in found if one is not None]


@dataclass(frozen=True, slots=True)
class Target:
    """What to end: all that carry `mark`.

    Its `leader` is asked alone, so that it ends in good order what it started; without one
    (or where it would wait for its children to finish their work) all are asked at once.
    """

    mark: str
    leader: Identity | None = None


def end(targets: Sequence[Target], *, seconds: float = 10) -> None:
    """End these side by side: ask, wait up to `seconds`, kill what is left."""
    marks = [target.mark for target in targets]
    alone = [target.leader for target in targets if target.leader is not None]
    whole = marked([target.mark for target in targets if target.leader is None])
    _signal([*alone, *whole], signal.SIGTERM)
    _wait([*alone, *whole], seconds)
    rest = marked(marks)
    _signal(rest, signal.SIGTERM)
    _wait(rest, min(seconds, 3))
    while rest := marked(marks):
        _signal(rest, signal.SIGKILL)
        time.sleep(0.05)


def ask(one: Identity, *, seconds: float) -> bool:
    """Ask one process to end; whether it did within `seconds`."""
    _signal([one], signal.SIGTERM)
    _wait([one], seconds)
    return not one.alive


def _wait(whom: Sequence[Identity], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while any(one.alive for one in whom) and time.monotonic() < deadline:
        time.sleep(0.05)


def _signal(whom: Sequence[Identity], number: signal.Signals) -> None:
    for one in whom:
        if one.alive:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(one.pid, number)


def _pids() -> list[int]:
    return [int(entry.name) for entry in _PROC.iterdir() if entry.name.isdigit()]


def _carries(pid: int, wanted: set[bytes]) -> bool:
    try:
        values = (_PROC / str(pid) / "environ").read_bytes().split(b"\0")
    except OSError:
        return False
    return not wanted.isdisjoint(values)


def _started(pid: int) -> int | None:
    try:
        text = (_PROC / str(pid) / "stat").read_text()
    except OSError:
        return None
    # The command's name stands in brackets and may hold anything.
    fields = text[text.rindex(")") + 2 :].split()
    return None if fields[0] in "ZX" else int(fields[19])


def _boot_id() -> str:
    return (_PROC / "sys/kernel/random/boot_id").read_text().strip()
