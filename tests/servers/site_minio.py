"""A site's own MinIO with its console, started and prepared as `livecam up` does."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from edge.home import Home
from flows.config_file import whole as configuration
from infra import minio
from tests.servers.minio_server import is_ready
from tests.servers.process import Server, free_port


@contextmanager
def running(home: Home, folder: Path, document: Mapping[str, Any]) -> Iterator[str]:
    """Its address; `folder` takes its log."""
    port, console = free_port(), free_port()
    argv, environment = minio.server_command(home, port, console)
    environment["HOME"] = str(folder)
    server = Server(argv, log=folder / "minio.log", environment=environment)
    endpoint = f"http://127.0.0.1:{port}"
    server.start(lambda: is_ready(endpoint))
    home.run.mkdir(parents=True, exist_ok=True)
    told = {"address": endpoint, "console": f"http://127.0.0.1:{console}"}
    (home.run / "minio.json").write_text(json.dumps(told))
    try:
        assert minio.prepare(configuration.load(document), home, endpoint) == []
        yield endpoint
    finally:
        server.stop()
