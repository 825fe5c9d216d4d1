"""A server that remembers what notifications it was sent, and says no when it is told to."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Webhook:
    """`url` is apprise's spelling; `heard` what came, and `at` when (monotonic seconds)."""

    url: str
    heard: list[dict[str, Any]] = field(default_factory=list)
    at: list[float] = field(default_factory=list)
    status: int = 200

    @property
    def titles(self) -> list[str]:
        return [one["title"] for one in self.heard]


@contextmanager
def webhook(path: str = "hook") -> Iterator[Webhook]:
    """On loopback, while the body runs."""
    found = Webhook("")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if found.status == 200:
                found.heard.append(json.loads(body))
                found.at.append(time.monotonic())
            self.send_response(found.status)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.url = f"json://127.0.0.1:{server.server_port}/{path}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
