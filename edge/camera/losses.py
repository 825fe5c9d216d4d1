"""Counts the RTP packets that never came: libav tells of them in its log alone."""

from __future__ import annotations

import logging
import re
from typing import ClassVar

from av import logging as av_logging

log = logging.getLogger(__name__)

_MISSED = re.compile(r"missed (\d+) packets")
_TELL_MS = 60_000


class Losses(logging.Handler):
    """Takes libav's log while it is open, and passes none of it on: it names addresses.

    libav's log is the process', and so is this: one camera a process. While a second stream is
    being opened there are two, and what is lost then is the newer one's.
    """

    _open: ClassVar[list[Losses]] = []
    _before: ClassVar[bool] = True  # what became of libav's log before

    def __init__(self, camera: str) -> None:
        super().__init__()
        self.count = 0
        self._camera, self._told, self._due_ms = camera, 0, 0
        self._libav = logging.getLogger("libav")
        if not self._open:
            Losses._before = self._libav.propagate
        self._open.append(self)
        self._libav.propagate = False
        self._libav.addHandler(self)
        av_logging.set_skip_repeated(False)  # "missed 1 packets", time and again
        av_logging.set_level(av_logging.WARNING)

    def emit(self, record: logging.LogRecord) -> None:
        found = _MISSED.search(record.getMessage()) if self._open[-1] is self else None
        self.count += int(found[1]) if found else 0

    def tell(self, now_ms: int) -> None:
        """Say what was lost, about once a minute where anything was."""
        if self.count != self._told and now_ms >= self._due_ms:
            lost, self._told = self.count - self._told, self.count
            self._due_ms = now_ms + _TELL_MS
            log.warning("%s: %d packets were lost on their way here", self._camera, lost)

    def close(self) -> None:
        """Let go of libav's log; harmless to repeat."""
        self._libav.removeHandler(self)
        if self in self._open:
            self._open.remove(self)
            if not self._open:
                av_logging.set_level(None)
                self._libav.propagate = self._before
        super().close()
