"""Ends a connection on which no packet comes any more.

libav's own time-out starts anew with every byte, and a camera whose encoder hangs still sends
its reports; PyAV's is asked at each of some thousand reads a second, and takes Python's lock
each time. So: a thread that looks every few seconds, and shuts the connection down from outside.
"""

from __future__ import annotations

import os
import socket
import threading
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


def open_files() -> set[int]:
    """This process' file descriptors; none where the system does not list them."""
    with suppress(FileNotFoundError):
        return {int(entry.name) for entry in _OPEN_FILES.iterdir()}
    return set()


def connected_since(before: set[int], port: int) -> list[socket.socket]:
    """Handles of our own on the connections to a port that were opened since then."""
    found = []
    for number in open_files() - before:
        with suppress(OSError):  # not a socket, or not connected
            connection = socket.socket(fileno=os.dup(number))
            if connection.getpeername()[1] == port:
                found.append(connection)
            else:
                connection.close()
    return found
