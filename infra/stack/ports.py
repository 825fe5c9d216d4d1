"""Where servers of ours listen: on which interfaces, on which free port, and who does."""

from __future__ import annotations

import fcntl
import os
import socket
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import psutil

from edge.errors import BadSettings, MissingPart
from flows import reach

HOST = "127.0.0.1"
EVERYWHERE = "0.0.0.0"  # noqa: S104 only where other machines are to reach it
TRIED = 200


@dataclass(frozen=True, slots=True)
class Listening:
    """Interface and port of a server; with `only` no other port will do."""

    host: str
    port: int
    only: bool = False


def listening(url: str, where: str, first: int) -> Listening:
    """Where a server of ours listens that other machines find at `url`.

    On every interface where `url` is another machine's way here, since its name may stand for
    any of them there. Behind https, or a name without a port, somebody's proxy answers: then
    ours stays on loopback, from port `first` on. Raises BadSettings naming the setting `where`.
    """
    parts = reach.address(url, where)
    if parts.scheme == "https" or parts.port is None:
        return Listening(HOST, first)
    if reach.is_loopback(url):
        return Listening(HOST, parts.port, only=True)
    if ":" in (parts.hostname or ""):
        hint = "Name this machine, or its IPv4 address"
        raise BadSettings(f"{where} is an IPv6 address, and the server listens on IPv4", hint=hint)
    return Listening(EVERYWHERE, parts.port, only=True)


class Ports:
    """Gives out ports, each to one site of this machine for as long as this object lives.

    A server may listen only seconds after its port was chosen, when another site is choosing
    too: what is given out is locked in a folder that all of this user's sites share.
    """

    def __init__(self, folder: Path | None = None) -> None:
        shared = Path(tempfile.gettempdir()) / f"livecam-ports-{os.getuid()}"
        self._folder = folder or shared
        self._locks: list[IO[str]] = []

    def free(self, first: int, *, only: bool = False, what: str = "", host: str = HOST) -> int:
        """`first`, or without `only` the next free port after it. Raises MissingPart."""
        for port in [first] if only else range(first, first + TRIED):
            if is_free(port, host) and self._lock(port):
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


def is_free(port: int, host: str = HOST) -> bool:
    """Whether this port can be listened on now."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
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
