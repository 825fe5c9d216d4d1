"""Ends a connection on which no packet comes any more.

libav's own time-out starts anew with every byte, and a camera whose encoder hangs still sends
its reports; PyAV's is asked at each of some thousand reads a second, and takes Python's lock
each time. So: a thread that looks every few seconds, and shuts the connection down from outside.
"""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

_OPEN_FILES = Path("/proc/self/fd")


class Silence:
    """Watches one connection: set `heard` with each packet; `cut` says that it was ended."""

    def __init__(self, connections: list[socket.socket], seconds: float) -> None:
        self.heard, self.cut = True, False
        self._connections, self._seconds = connections, seconds
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="silence", daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        while not self._closed.wait(self._seconds):
            if not self.heard:
                self.cut = True
                for connection in self._connections:
                    with suppress(OSError):  # ended by the camera meanwhile
                        connection.shutdown(socket.SHUT_RDWR)
                return
            self.heard = False

    def close(self) -> None:
        """Stop watching; harmless to repeat."""
        self._closed.set()
        self._thread.join()
        for connection in self._connections:
            connection.close()


def open_sockets() -> dict[str, int]:
    """This process' sockets, by inode (numbers are used again); none where no system lists them."""
    found = {}
    with suppress(FileNotFoundError):
        for entry in list(_OPEN_FILES.iterdir()):
            with suppress(OSError):  # closed meanwhile
                found[str(entry.readlink())] = int(entry.name)
    return {name: number for name, number in found.items() if name.startswith("socket:")}


def connected_since(before: Collection[str], port: int) -> list[socket.socket]:
    """Handles of our own on the connections to a port that were opened since then."""
    numbers = [number for name, number in open_sockets().items() if name not in before]
    found = (_connection(number, port) for number in numbers)
    return [connection for connection in found if connection is not None]


def _connection(number: int, port: int) -> socket.socket | None:
    with suppress(OSError):  # closed meanwhile
        connection = socket.socket(fileno=os.dup(number))
        with suppress(OSError):  # not connected
            if connection.getpeername()[1] == port:
                return connection
        connection.close()
    return None
