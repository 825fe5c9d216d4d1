"""One part of a site: what to start, when it is ready, what follows then."""

from __future__ import annotations

import hashlib
import json
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import httpx

from edge.errors import MissingPart

HOST = "127.0.0.1"


def _always() -> bool:
    return True


@dataclass(frozen=True)
class Part:
    """A process to keep running.

    `ready` is polled after the start. Once it is true, `born` runs where this supervisor
    started the process, and `then` in any case, an adopted one's too: harmless to repeat.
    `after` names parts that must be ready first; `whole` parts are ended with all that they
    started at once.
    """

    name: str
    argv: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    address: str | None = None
    whole: bool = False
    after: tuple[str, ...] = ()
    ready: Callable[[], bool] = _always
    born: Callable[[], object] | None = None
    then: Callable[[], object] | None = None

    @property
    def told(self) -> str:
        """A digest of command and environment, which may hold secrets."""
        words = json.dumps([self.argv, sorted(self.environment.items())])
        return hashlib.sha256(words.encode()).hexdigest()


def answers(url: str) -> Callable[[], bool]:
    """Whether a GET of `url` succeeds now."""

    def ready() -> bool:
        try:
            return httpx.get(url, timeout=2, trust_env=False).is_success
        except httpx.TransportError:
            return False

    return ready


def is_free(port: int) -> bool:
    """Whether this port of the loopback interface can be listened on."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, port))
        except OSError:
            return False
    return True


def free_port(first: int, taken: set[int], *, only: bool = False, what: str = "") -> int:
    """`first`, or with `only` unset the next free port after it; `taken` gets it.

    Raises MissingPart when there is none.
    """
    for port in [first] if only else range(first, first + 200):
        if port not in taken and is_free(port):
            taken.add(port)
            return port
    raise MissingPart(
        f"port {first} is in use" + (f", and {what} names it" if what else ""),
        hint="End what listens there, or name another port",
    )
