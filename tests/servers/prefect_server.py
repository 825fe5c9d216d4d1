"""Prefect's server on loopback with a home of its own."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tests.servers.process import Server, free_port


@dataclass(frozen=True)
class PrefectServer:
    """A running server: `url` is the API's; `environment` is what its clients need."""

    url: str
    home: Path
    log: Path
    server: Server = field(repr=False)

    @property
    def environment(self) -> Mapping[str, str]:
        return environment(self.home, self.url)

    def _healthy(self) -> bool:
        try:
            return httpx.get(f"{self.url}/health", timeout=2).is_success
        except httpx.TransportError:
            return False

    def start(self) -> None:
        self.server.start(self._healthy, seconds=120)

    def stop(self) -> None:
        self.server.stop()


def environment(home: Path, url: str) -> Mapping[str, str]:
    """The settings of a server and its clients that stay apart from this user's."""
    return {
        "PREFECT_HOME": str(home),
        "PREFECT_API_URL": url,
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
    }


@contextmanager
def running(folder: Path) -> Iterator[PrefectServer]:
    """A server with its database in `folder`, ended on leaving."""
    port, home = free_port(), folder / "prefect"
    url = f"http://127.0.0.1:{port}/api"
    command = [sys.executable, "-m", "infra.stack.prefect_server", "--host", "127.0.0.1"]
    server = Server(
        [*command, "--port", str(port)],
        log=folder / "prefect.log",
        environment={
            **environment(home, url),
        },
    )
    prefect = PrefectServer(url, home, server.log, server)
    prefect.start()
    try:
        yield prefect
    finally:
        prefect.stop()
