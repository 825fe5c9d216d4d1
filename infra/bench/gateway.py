"""A site's pages and gateway in a process of its own, for benches that ask over HTTP."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from edge.home import Home
from infra.stack import part, process
from infra.stack.ports import Ports
from infra.waiting import wait_until


@contextmanager
def gateway(home: Home, config: Path | None = None) -> Iterator[str]:
    """Its address, until the block ends."""
    ports = Ports()
    port = ports.free(8080)
    mark = f"bench-{home.root}-gateway"
    command = [sys.executable, "-m", "dashboards", "--port", str(port)]
    values = {"LIVECAM_HOME": str(home.root), "LIVECAM_CONFIG": str(config or "")}
    started = process.start(command, {**os.environ, **values}, home.logs / "gateway.log", mark)
    address = f"http://127.0.0.1:{port}"
    try:
        wait_until(part.answers(f"{address}/api/health"), what="the gateway")
        yield address
    finally:
        process.end([process.Target(mark)])
        started.wait()
        ports.close()
