"""Ports on the loopback interface: free ones, and who listens."""

from __future__ import annotations

import fcntl
import os
import socket
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import IO

import psutil

from edge.errors import MissingPart

HOST = "127.0.0.1"
TRIED = 200


class Ports:
    """Gives out ports, each to one site of this machine for as long as this object lives.

    A server may listen only seconds after its port was chosen, when another site is choosing
    too: what is given out is locked in a folder that all of this user's sites share.
    """

    def __init__(self, folder: Path | None = None) -> None:
        shared = Path(tempfile.gettempdir()) / f"livecam-ports-{os.getuid()}"
        self._folder = folder or shared
        self._locks: list[IO[str]] = []

    def free(self, first: int, *, only: bool = False, what: str = "") -> int:
        """`first`, or without `only` the next free port after it. Raises MissingPart."""
        for port in [first] if only else range(first, first + TRIED):
            if is_free(port) and self._lock(port):
                return port
        raise MissingPart(
            f"port {first} is in use" + (f", and {what} names it" if what else ""),
            hint="End what listens there, or name another port",
        )

    def _lock(self, port: int) -> bool:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = (self._folder / str(port)).open("w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            return False
        self._locks.append(lock)
        return True

    def close(self) -> None:
        """Give them back."""
        while self._locks:
            self._locks.pop().close()


def is_free(port: int) -> bool:
    """Whether this port can be listened on now."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, port))
        except OSError:
            return False
    return True


def listens(pid: int, port: int) -> bool:
    """Whether this very process listens there: an answer alone may be another's."""
    with suppress(psutil.Error):
        found = psutil.Process(pid).net_connections("tcp")
        return any(
            one.status == psutil.CONN_LISTEN and one.laddr and one.laddr.port == port
            for one in found
        )
    return False
