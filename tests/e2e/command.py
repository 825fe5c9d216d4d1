"""`livecam` as a child process, in a home of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from infra.stack import process
from infra.waiting import wait_until

LIVECAM = (sys.executable, "-m", "infra.cli")
PARTS = ("minio", "record-local", "serve-local", "prefect", "upload-local", "hub", "app")


def run(home: Path, *words: str, seconds: float = 120) -> subprocess.CompletedProcess[str]:
    """A command that ends by itself."""
    return subprocess.run(
        [*LIVECAM, *words],
        env=_environment(home),
        cwd=home.parent,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )


class Up:
    """A running `livecam up --json`."""

    def __init__(self, home: Path, *words: str) -> None:
        self._out = (home.parent / "up.out").open("w+")
        self._err = (home.parent / "up.err").open("w+")
        self.process = subprocess.Popen(
            [*LIVECAM, "up", "--json", *words],
            env=_environment(home),
            cwd=home.parent,
            stdout=self._out,
            stderr=self._err,
        )

    def addresses(self, *, seconds: float = 180) -> dict[str, Any]:
        """What it prints once all is ready."""
        wait_until(lambda: self._told() or self._ended(), seconds=seconds, what="up")
        found: dict[str, Any] = json.loads(self._told())["addresses"]
        return found

    def setup(self) -> str:
        """The link that makes the first account."""
        return str(json.loads(self._told())["setup"])

    def _told(self) -> str:
        return Path(self._out.name).read_text().strip()

    def said(self) -> str:
        """Its lines for people."""
        return Path(self._err.name).read_text()

    def _ended(self) -> bool:
        if self.process.poll() is None:
            return False
        raise AssertionError(f"up ended with {self.process.returncode}: {self.said()}")

    def signal(self, number: signal.Signals) -> int:
        self.process.send_signal(number)
        return self.process.wait(90)

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self._out.close()
        self._err.close()


@contextmanager
def up(home: Path, *words: str) -> Iterator[Up]:
    """`livecam up`; killed on leaving, its parts left to `down`."""
    running = Up(home, *words)
    try:
        yield running
    finally:
        running.close()


def left(home: Path, *names: str) -> list[int]:
    """Processes of this home that still run."""
    marks = [f"{home.resolve()}:{name}" for name in names]
    return [one.pid for one in process.marked(marks)]


def _environment(home: Path) -> dict[str, str]:
    kept = {n: v for n, v in os.environ.items() if not n.startswith(("PREFECT_", "LIVECAM_"))}
    return {**kept, "LIVECAM_HOME": str(home)}


@contextmanager
def beside(home: Path, configuration: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A home beside its livecam.yaml; whatever a failing test left running is ended."""
    home.parent.mkdir(exist_ok=True)
    path = home.parent / "livecam.yaml"
    path.write_text(configuration)
    monkeypatch.setenv("LIVECAM_CONFIG", str(path))
    yield home
    if left(home, *PARTS):
        run(home, "down")
