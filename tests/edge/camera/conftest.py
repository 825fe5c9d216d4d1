"""Cameras that speak HTTP, for the tests of this folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.edge.camera.web_camera import Answer, WebServer
from tests.servers.process import free_port


@pytest.fixture
def serve() -> Iterator[Callable[[dict[str, Answer]], WebServer]]:
    """Starts servers that answer by path; all are gone when the test ends."""
    started: list[WebServer] = []

    def start(answers: dict[str, Answer]) -> WebServer:
        server = WebServer(answers, free_port())
        server.start()
        started.append(server)
        return server

    yield start
    for server in started:
        server.kill()
