"""`livecam up --hub` on a home of its own, and what is asked of it beside."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from edge.home import Home
from flows import reach
from flows.runs import api_of
from flows.site import Site
from infra.stack import environment, process, record
from infra.stack.site import WORKER as WORKER_COMMAND
from infra.waiting import wait_until

LIVECAM = (sys.executable, "-m", "infra.cli")
WORKER, SERVER = "hub", "prefect"
_DEPLOYMENT = "PREFECT__DEPLOYMENT_NAME"


class Hub:
    """A site's hub as processes; whatever of it is killed, its supervisor starts again."""

    def __init__(self, root: Path, document: str) -> None:
        self.home = Home(root / "home")
        self.home.root.mkdir(parents=True)
        self._config = root / "livecam.yaml"
        self._config.write_text(document)
        self._log = root / "up.log"

    @contextmanager
    def up(self) -> Iterator[None]:
        """Run it, with all that it starts, until the block ends."""
        told = self.home.root / "up.json"
        with told.open("wb") as output, self._log.open("ab") as log:
            running = subprocess.Popen(
                [*LIVECAM, "up", "--hub", "--json"],
                env=self.environment(),
                cwd=self.home.root,
                stdout=output,
                stderr=log,
                start_new_session=True,
            )
        try:
            wait_until(lambda: told.read_bytes() or _ended(running), seconds=240, what="the hub")
            yield
        finally:
            running.send_signal(signal.SIGTERM)
            running.wait(120)

    @contextmanager
    def joined(self, site: Site, names: Sequence[str]) -> Iterator[None]:
        """More workers of its pool beside its own, as other machines' would be."""
        api = environment.client(
            self.home, api_of(site.settings, self.home), reach.auth_of(site.settings, self.home)
        )
        marks = {name: record.mark_of(self.home, name) for name in names}
        for name, mark in marks.items():
            argv = (*WORKER_COMMAND, "--pool", WORKER, "--name", name)
            log = self.home.logs / f"{name}.log"
            process.start(argv, {**self.environment(), **api}, log, mark)
        try:
            yield
        finally:
            process.end([process.Target(mark) for mark in marks.values()])

    def environment(self) -> dict[str, str]:
        """Of every process here: nothing of the caller's own site or Prefect."""
        mine = {k: v for k, v in os.environ.items() if not k.startswith(("PREFECT_", "LIVECAM_"))}
        return {**mine, "LIVECAM_HOME": str(self.home.root), "LIVECAM_CONFIG": str(self._config)}

    def begin(self, *words: str) -> subprocess.Popen[str]:
        """A command that runs beside; its words for people go to the log."""
        with self._log.open("ab") as log:
            return subprocess.Popen(
                [*LIVECAM, *words],
                env=self.environment(),
                cwd=self.home.root,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )

    def ask(self, *words: str) -> list[Any]:
        """What a command printed, an object a line. Raises RuntimeError where it failed."""
        running = self.begin(*words, "--json")
        told, _ = running.communicate()
        if running.returncode:
            raise RuntimeError(f"livecam {words[0]} ended with {running.returncode}: {self.said()}")
        return [json.loads(line) for line in told.splitlines()]

    def said(self) -> str:
        """The last that was told people."""
        return self._log.read_text(errors="replace")[-2_000:]

    def kill(self, part: str) -> bool:
        """SIGKILL to a part's own process; whether it ran."""
        running = record.parts(self.home).get(part)
        if running is None or not running.identity.alive:
            return False
        os.kill(running.identity.pid, signal.SIGKILL)
        return True

    def kill_runs(self, deployment: str) -> bool:
        """SIGKILL to the flow runs of a deployment; whether there was one."""
        found = self.runs(deployment)
        for pid in found:
            os.kill(pid, signal.SIGKILL)
        return bool(found)

    def runs(self, deployment: str) -> list[int]:
        """The processes of a deployment's flow runs, on whichever worker."""
        own = {"LIVECAM_HOME": str(self.home.root), _DEPLOYMENT: deployment}.items()
        each = psutil.process_iter(["environ"])
        return [one.pid for one in each if own <= (one.info["environ"] or {}).items()]


def _ended(running: subprocess.Popen[bytes]) -> bool:
    if running.poll() is None:
        return False
    raise RuntimeError(f"the hub ended with {running.returncode}")
