"""How quickly a node uploads: a bucket of tokens that fills at the rate that is set."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

from flows.site import Following, Site

Rate = Callable[[], int | None]  # bytes a second now; None: as quick as can be

# How soon a changed rate counts, and how much may go at once after a pause.
_LOOK_S, _BURST_S = 0.5, 1.0


class Throttle:
    """Holds senders up so that together they stay at the rate. Threads share it."""

    def __init__(self, rate: Rate, seconds: Callable[[], float] = time.monotonic) -> None:
        self._rate_now, self._seconds = rate, seconds
        self._lock = threading.Lock()
        self._looked = self._filled = seconds()
        self._rate = rate()
        self._tokens = 0.0

    def take(self, count: int) -> None:
        """Return when `count` more bytes may go; at once where no rate is set."""
        while (wait := self.ask(count)) > 0:
            time.sleep(min(wait, _LOOK_S))

    def ask(self, count: int) -> float:
        """Take `count` bytes' tokens and answer 0, or else in how many seconds to ask again."""
        with self._lock:
            now = self._seconds()
            if now - self._looked >= _LOOK_S:
                self._looked, self._rate = now, self._rate_now()
            passed, self._filled = now - self._filled, now
            if self._rate is None:
                return 0.0
            # One block may be more than a second's worth: its tokens are awaited in full.
            most = max(self._rate * _BURST_S, count)
            self._tokens = min(self._tokens + passed * self._rate, most)
            if self._tokens >= count:
                self._tokens -= count
                return 0.0
            return (count - self._tokens) / self._rate


def following(site: Site, path: Path | None) -> Rate:
    """The rate of livecam.yaml as it is edited meanwhile."""
    follower = Following(site, path)
    return lambda: follower.now.settings.upload.rate
