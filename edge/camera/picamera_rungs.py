"""Which rung of the ladder a CSI camera is encoded at, and which of its streams that is."""

from __future__ import annotations

from edge.camera.picamera_handed import Coded
from edge.encode import Means, ladder, ladder_of

_LOOK_US = 2_000_000
# An encoder that is too slow holds no pictures back, since the camera has few buffers: pictures are
# missing. A quarter of them gone counts as the second behind that is too much elsewhere.
_LAG_S = 4.0

Size = tuple[int, int]


class Rungs:
    """A camera's rungs. Two at a time are streams: `main`, and below it `lores`."""

    def __init__(self, size: Size, means: Means) -> None:
        self._size, self._means = size, means
        self._rungs = ladder_of(size[1])
        self._place = ladder.Place()
        self._main = 0  # the rung of the main stream
        self._looked_us: int | None = None
        self._seen = 0

    @property
    def rung(self) -> int:
        return self._place.rung

    def name(self, rung: int | None = None) -> str:
        """As metadata tells it; of the rung that was chosen, where none is named."""
        return self._rungs[self.rung if rung is None else rung].name

    def kbps(self) -> int:
        return self._rungs[self.rung].kbps

    def streams(self) -> tuple[Size, Size | None]:
        """The sizes of both streams, so that the rung that was chosen is one of them."""
        if not self.within_streams():
            self._main = self.rung if self.rung < self._main else self.rung - 1
        main, *below = [rung.size_of(*self._size) for rung in self._rungs[self._main :]]
        return main, next(iter(below), None)

    def within_streams(self) -> bool:
        """Whether the rung that was chosen is one of both streams as they are."""
        return self.rung - self._main in {0, 1}

    def stream(self) -> str:
        return "lores" if self.rung > self._main else "main"

    def consider(self, coded: Coded, fps: int) -> str:
        """Note a picture; why another rung was chosen now, else nothing."""
        if self._looked_us is None:
            self._begin_anew(coded.time_us)
        self._seen += 1
        passed_us = coded.time_us - (self._looked_us or 0)
        if passed_us < _LOOK_US:
            return ""
        missing = 1 - self._seen / max(1.0, passed_us * fps / 1_000_000)
        self._begin_anew(coded.time_us)
        return self._step(max(0.0, missing) * _LAG_S, coded.time_us // 1_000)

    def _begin_anew(self, time_us: int) -> None:
        self._looked_us, self._seen = time_us, 0

    def _step(self, lag_s: float, now_ms: int) -> str:
        seen, before = self._means.conditions(), self._place
        limits = self._means.limits
        self._place = ladder.step(before, len(self._rungs), seen, lag_s, now_ms, limits)
        if self.rung == before.rung:
            return ""
        self._looked_us = None
        return self._place.reason
