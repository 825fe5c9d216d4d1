"""What was read last, for when the store is down: old news beat none, if they are called old."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from threading import Lock
from typing import Any

from edge.errors import LivecamError

MOST = 256


class Last:
    """The newest answer to each of the MOST latest questions. Safe to share between threads."""

    def __init__(self, most: int = MOST) -> None:
        self._found: OrderedDict[Hashable, Any] = OrderedDict()
        self._most, self._lock = most, Lock()

    def keep(self, question: Hashable, answer: Any) -> None:
        """Remember an answer in place of the one before."""
        with self._lock:
            self._found[question] = answer
            self._found.move_to_end(question)
            while len(self._found) > self._most:
                self._found.popitem(last=False)

    def of(self, question: Hashable, error: LivecamError) -> Any:
        """The answer that was had before; raises `error` where there was none."""
        with self._lock:
            if question not in self._found:
                raise error
            return self._found[question]
