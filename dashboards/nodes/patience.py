"""Trouble that has lasted: what is over before anybody could look is not worth a word."""

from __future__ import annotations

from flows.feed import About

# A camera's connection breaks for a moment, a store is throttled; a node was silent for long.
_LASTS_MS = {About.CAMERA: 15_000, About.STORE: 10_000}


class Patience:
    """Remembers since when each thing has been in trouble."""

    def __init__(self) -> None:
        self._since_ms: dict[tuple[About, str], int] = {}

    def waits(self, about: About, name: str, trouble: str | None, now_ms: int) -> bool:
        """Whether it is too early to tell."""
        if trouble is None:
            self._since_ms.pop((about, name), None)
            return False
        since_ms = self._since_ms.setdefault((about, name), now_ms)
        return now_ms - since_ms < _LASTS_MS.get(about, 0)
