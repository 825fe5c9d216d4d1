"""One part of a site: what to start, when it is ready, what follows then."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import httpx


def _always() -> bool:
    return True


@dataclass(frozen=True)
class Part:
    """A process to keep running.

    `ready` is polled after the start, and may raise a LivecamError to be told. Once it is true,
    `born` runs where this supervisor started the process, and `then` in any case, an adopted
    one's too: harmless to repeat.
    `after` names parts that must be ready first; `whole` parts are ended with all that they
    started at once. `console`: where this machine finds its pages for administrators.
    """

    name: str
    argv: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    address: str | None = None
    console: str | None = None
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


def listens(url: str) -> Callable[[], bool]:
    """Whether a GET of `url` is answered now, if only by a refusal."""

    def ready() -> bool:
        try:
            return bool(httpx.get(url, timeout=2, trust_env=False).status_code)
        except httpx.TransportError:
            return False

    return ready
