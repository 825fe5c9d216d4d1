"""A child process in a group of its own: started, waited for by polling, ended whole."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from infra.waiting import wait_until


def free_port() -> int:
    """A TCP port on 127.0.0.1 that nobody listened on just now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def answers(port: int) -> bool:
    """Whether something accepts connections on 127.0.0.1:`port`."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except OSError:
        return False


class Server:
    """A server process with its output in `log`; `stop` and `kill` may be repeated."""

    def __init__(
        self,
        command: Sequence[str | Path],
        *,
        log: Path,
        environment: Mapping[str, str] | None = None,
        stdin: str | None = None,
    ) -> None:
        self.command = [str(word) for word in command]
        self.log = log
        self.environment = {**os.environ, **(environment or {})}
        self.stdin = stdin
        self.process: subprocess.Popen[str] | None = None

    def start(self, ready: Callable[[], Any], *, seconds: float = 60) -> None:
        """Starts it and returns once `ready()`; ends it again where that fails."""
        with self.log.open("a") as log:
            self.process = subprocess.Popen(
                self.command,
                stdin=subprocess.PIPE if self.stdin else subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=self.environment,
                start_new_session=True,
                text=True,
            )
        if self.process.stdin and self.stdin:
            with self.process.stdin as pipe:
                pipe.write(self.stdin)
        try:
            wait_until(lambda: self._alive() and ready(), seconds=seconds, what=self.command[0])
        except BaseException:
            self.kill()
            raise

    def _alive(self) -> bool:
        if self.process is not None and self.process.poll() is None:
            return True
        raise RuntimeError(f"{self.command[0]} ended at once:\n{self.log.read_text()[-2000:]}")

    def stop(self, *, seconds: float = 15) -> None:
        """Asks the group to end, and kills what of it is left after `seconds`."""
        if self.process is None:
            return
        self._signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(seconds)
        self.kill()

    def kill(self) -> None:
        """SIGKILL to the whole group."""
        if self.process is not None:
            self._signal(signal.SIGKILL)
            self.process.wait()
            self.process = None

    def _signal(self, number: signal.Signals) -> None:
        assert self.process is not None
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)
