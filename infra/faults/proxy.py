"""A TCP proxy in front of a store: it passes on, or does what a bad network does."""

from __future__ import annotations

import random
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from enum import StrEnum

_CHUNK = 1 << 18
STALL_SECONDS = 1.0  # a real one lasts until the client gives up, which is 60 s here


class Mode(StrEnum):
    """What becomes of a connection."""

    PASS = "pass"  # noqa: S105
    REFUSE = "refuse"  # it is closed at once
    STALL = "stall"  # nothing passes, and nothing is said
    CUT = "cut"  # it ends after some bytes, of a request or of its reply


class Proxy:
    """Listens on a port of its own; `mode` may be changed at any time."""

    def __init__(self, port: int, chance: random.Random, most_bytes: int) -> None:
        self.mode = Mode.PASS
        self._target, self._chance, self._most = port, chance, most_bytes
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._connection, args=(client,), daemon=True).start()

    def _connection(self, client: socket.socket) -> None:
        mode, left = self.mode, self._chance.randint(0, self._most)
        with client, suppress(OSError):
            if mode is Mode.STALL:
                self._ended.wait(STALL_SECONDS)
            if mode not in {Mode.PASS, Mode.CUT}:
                return
            with socket.create_connection(("127.0.0.1", self._target)) as server:
                budget = _Budget(left if mode is Mode.CUT else None)
                down = threading.Thread(target=_pump, args=(server, client, budget), daemon=True)
                down.start()
                _pump(client, server, budget)
                down.join()

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        # Closing alone would not wake the thread that waits in accept().
        self._ended.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(10)


class _Budget:
    """How many bytes may still pass, both ways together; None: all."""

    def __init__(self, left: int | None) -> None:
        self._left = left

    def take(self, count: int) -> bool:
        if self._left is None:
            return True
        self._left -= count
        return self._left >= 0


def _pump(source: socket.socket, target: socket.socket, budget: _Budget) -> None:
    with suppress(OSError):
        while data := source.recv(_CHUNK):
            if not budget.take(len(data)):
                break
            target.sendall(data)
    for end in (source, target):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


@contextmanager
def before(port: int, chance: random.Random, most_bytes: int) -> Iterator[Proxy]:
    """A proxy before 127.0.0.1:`port`; what it cuts ends after `most_bytes` at most."""
    proxy = Proxy(port, chance, most_bytes)
    proxy.start()
    try:
        yield proxy
    finally:
        proxy.close()
