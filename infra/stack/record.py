"""What runs here: a file a part under `LIVECAM_HOME/run`, and the lock of who supervises."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import IO, Any

from edge.home import Home
from infra.stack.process import Identity, Target

SUPERVISOR = "supervisor"
ADDRESSES = "addresses"


@dataclass(frozen=True, slots=True)
class Running:
    """A part that was started: who it is, what it was told, where it and its console answer.

    `told` is a digest of command and environment: a part told something else is not adopted.
    `whole`: all its processes are asked to end at once.
    """

    part: str
    identity: Identity
    mark: str
    told: str
    whole: bool = False
    address: str | None = None
    console: str | None = None

    @property
    def target(self) -> Target:
        return Target(self.mark, None if self.whole else self.identity)


def write(home: Home, name: str, values: Mapping[str, Any]) -> None:
    """Replace one file whole: a reader sees the old or the new one."""
    home.run.mkdir(parents=True, exist_ok=True)
    temporary = home.run / f".{name}.{os.getpid()}"
    temporary.write_text(json.dumps(values, indent=1) + "\n")
    temporary.replace(home.run / f"{name}.json")


def read(home: Home, name: str) -> dict[str, Any] | None:
    """One file's values; None where there is none or it cannot be read."""
    try:
        values = json.loads((home.run / f"{name}.json").read_text())
    except (OSError, ValueError):
        return None
    return values if isinstance(values, dict) else None


def forget(home: Home, name: str) -> None:
    """Remove one file; harmless when it is gone."""
    with suppress(FileNotFoundError):
        (home.run / f"{name}.json").unlink()


def save(home: Home, running: Running) -> None:
    """Remember a part."""
    write(home, running.part, asdict(running))


def parts(home: Home) -> dict[str, Running]:
    """Every remembered part by name, alive or not."""
    found = (_running(read(home, path.stem)) for path in sorted(home.run.glob("*.json")))
    return {one.part: one for one in found if one is not None}


def _running(values: Mapping[str, Any] | None) -> Running | None:
    try:
        assert values is not None
        facts = {**values, "identity": Identity(**values["identity"])}
        return Running(**facts)
    except (AssertionError, KeyError, TypeError):
        return None


def supervise(home: Home) -> IO[str] | None:
    """Take the supervisor's lock, held until the file is closed; None when another holds it."""
    home.locks.mkdir(parents=True, exist_ok=True)
    lock = (home.locks / "up.lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        return None
    return lock


def mark_of(home: Home, part: str) -> str:
    """The mark that this part's processes carry, and no other home's."""
    return f"{home.root.resolve()}:{part}"
