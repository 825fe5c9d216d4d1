"""Footage in which nothing moved and nothing was looked for: time that nobody left in."""

from bisect import bisect_right
from collections.abc import Iterable
from itertools import accumulate

# How much quiet is believed in a row: beyond, one who comes is another than one who was there.
# It bounds what must be told again when footage arrives.
QUIET_MS = 3_600_000


class Quiet:
    """Quiet intervals of one camera, ms since the epoch, given in any order; they may overlap."""

    def __init__(self, spans: Iterable[tuple[int, int]] = ()) -> None:
        joined: list[tuple[int, int]] = []
        for start, end in sorted(spans):
            if joined and start <= joined[-1][1]:
                joined[-1] = joined[-1][0], max(joined[-1][1], end)
            elif end > start:
                joined.append((start, end))
        self._starts = [start for start, _ in joined]
        self._spans = joined
        self._before = list(accumulate((end - start for start, end in joined), initial=0))

    def looked_ms(self, start_ms: int, end_ms: int) -> int:
        """How much of this time was not quiet."""
        return end_ms - start_ms - (self._until(end_ms) - self._until(start_ms))

    def bridged(self, start_ms: int, end_ms: int, patience_ms: int) -> bool:
        """Whether less than the patience was looked in vain, and no more than QUIET_MS quiet."""
        whole = end_ms - start_ms
        if whole <= patience_ms or whole > patience_ms + QUIET_MS or not self._starts:
            return whole <= patience_ms
        return self.looked_ms(start_ms, end_ms) <= patience_ms

    def _until(self, at_ms: int) -> int:
        """How much was quiet before this."""
        past = bisect_right(self._starts, at_ms)
        if not past:
            return 0
        start, end = self._spans[past - 1]
        return self._before[past - 1] + min(at_ms, end) - start
