"""Whether something moves before a camera, told from the sizes of its packets alone.

Nothing is decoded. Between keyframes a packet holds what changed since the last picture: noise
when all is still, and more when something moves. What is still is learned as the camera sends it,
and learned anew when a step (light, night mode, another bitrate) has settled.
"""

from __future__ import annotations

from collections import deque
from math import log2, sqrt
from statistics import median, pvariance

LEVELS = "0123456789abcdefghijklmnopqrstuvwxyz"
MOVES = 10  # a second's value from which on something moves: digits are still, letters move
MOST = 1_000  # seconds that one segment's text can tell: its object's metadata holds 2 KB

_SECOND_MS = 1_000
_REMEMBERED = 60  # still seconds that the baseline is made of
_LEARNING, _SURE = 5, 30
# Sizes of a still picture may be 20 bytes or 80: so many bytes more, and they differ by less.
_SOFTEN_BYTES = 16
# A second moves when it is so many deviations above the baseline, in powers of two. Even noise
# deviates by a hundredth, a still picture's few bytes by a fifth; more than double is motion.
_DEVIATIONS, _LEAST, _MOST = 5.0, 0.2, 1.0
_UNSURE = 0.15  # the deviation that is taken for granted until it is known
# Packets above every still one of the last minute: motion, before the second is over.
# As many far below the usual least: another stillness, whose noise hides what moves.
_SUDDEN, _SUDDEN_MS = 3, 2_000
_CLEAR, _BOTH = 15, 14  # one second of this value is motion, or two that make up that
_FALLS = 6  # while something moves, a second of this value moves too
_QUIET_S = 3  # so many still seconds end it
_LATELY_S, _CHANGE, _LEAST_CHANGE = 8, 1.65, 0.05
_DROPPED_S = 5
_SETTLED_S, _EVEN, _EVENEST = 30, 0.08, 0.2
_USUAL_S = 600
_GOPS, _FIXED, _BOUND = 16, 0.01, 0.7


def still(values: str, wall_ms: int) -> bool:
    """Whether a segment's values, of `wall_ms`, say of every second of it that nothing moved."""
    return len(values) >= wall_ms // _SECOND_MS > 0 and max(values) < LEVELS[_FALLS]


class Activity:
    """Fed with every video packet in order, answers a value a second and whether all is still.

    `sensitivity` above 1 takes less for motion, below 1 more. Times are milliseconds of one
    clock; a second is one of that clock's. Pure: the same packets give the same answers.
    """

    def __init__(self, sensitivity: float = 1.0) -> None:
        self._sensitivity = sensitivity
        self.moving = False
        # When what moves, or moved last, began to, or when stillness became another: the start of
        # that second.
        self.since_ms = 0
        self.last_ms = 0  # until when it was seen
        #: Since when values tell what moves; None while they don't.
        self.sure_ms: int | None = None
        self._values: deque[tuple[int, int]] = deque(maxlen=MOST)
        self._end_ms = 0
        self._sizes: list[int] = []
        self._high = float("inf")  # above it, a packet is larger than any still one
        self._low = 0.0  # below it, smaller
        self._sudden = False
        self._overs: deque[int] = deque(maxlen=_SUDDEN)  # when packets were above `_high`
        self._unders: deque[int] = deque(maxlen=_SUDDEN)  # and when below `_low`
        self._total = self._key = self._key_total = 0  # bytes of all packets but keyframes
        self._gops: deque[tuple[int, int]] = deque(maxlen=_GOPS)
        self.rebase()

    def rebase(self) -> None:
        """Learn anew what still is: the camera sends another size or bitrate from here on."""
        self._still: deque[float] = deque(maxlen=_REMEMBERED)
        self._tops: deque[int] = deque(maxlen=_REMEMBERED)
        self._bottoms: deque[int] = deque(maxlen=_REMEMBERED)
        self._recent: deque[float] = deque(maxlen=_SETTLED_S)
        self._lately: deque[float] = deque(maxlen=_LATELY_S)
        self._base, self._limit = 0.0, _MOST
        self._spread = _UNSURE
        self._high, self._low = float("inf"), 0.0
        self._sizes.clear()
        self._gops.clear()
        self._key = 0
        self._value = self._quiet_s = self._dropped_s = self._moved_s = 0

    @property
    def learning(self) -> bool:
        """Not known yet: what a still second is."""
        return len(self._still) < _LEARNING

    @property
    def unsure(self) -> bool:
        """What is still was seen for too short a time to say that nothing moves."""
        return len(self._still) < _SURE

    @property
    def blind(self) -> bool:
        """The camera fills a fixed bitrate, whatever it sees: sizes tell nothing.

        Then keyframes grow by what the others shrink, and what moves only coarsens the picture.
        """
        if len(self._gops) < _GOPS:
            return False
        keys, others = zip(*self._gops, strict=True)
        totals = [key + other for key, other in self._gops]
        varies = pvariance(totals)
        apart = pvariance(keys) + pvariance(others)  # what the sum of two that know nothing of
        # each other would vary by: noise is as even as this may be, but not evener than its parts
        return varies < (_FIXED * sum(totals) / _GOPS) ** 2 and varies < _BOUND * apart

    @property
    def changed(self) -> bool:
        """The last seconds are not what is still: who came may stand there yet.

        True by chance once in ten times: for whoever asks when to stop, not when to begin.
        """
        if len(self._lately) < _LATELY_S:
            return True
        off = abs(sum(self._lately) / _LATELY_S - self._base)
        return off > max(_LEAST_CHANGE, _CHANGE * self._spread / sqrt(_LATELY_S))

    def add(self, at_ms: int, size: int, keyframe: bool) -> None:
        """One packet; the inner loop."""
        if at_ms >= self._end_ms:
            self._next_second(at_ms)
        if keyframe:
            self._end_gop(size)
            return
        self._sizes.append(size)
        if size > self._high:
            self._overs.append(at_ms)
            if len(self._overs) == _SUDDEN and at_ms - self._overs[0] <= _SUDDEN_MS:
                self._sudden = True
                self._move(self._overs[0] // _SECOND_MS * _SECOND_MS)
        elif size < self._low:
            self._unders.append(at_ms)
            if len(self._unders) == _SUDDEN and at_ms - self._unders[0] <= _SUDDEN_MS:
                since_ms = self._unders[0] // _SECOND_MS * _SECOND_MS
                self.rebase()
                self.since_ms = since_ms

    def values(self, start_ms: int, end_ms: int) -> str:
        """A character of LEVELS for each second from the one that `start_ms` is in.

        Only seconds that are over, at most MOST.
        """
        first = start_ms // _SECOND_MS
        known = {second: value for second, value in self._values if second * 1000 < end_ms}
        last = max(known, default=first - 1)
        told = (known.get(second, 0) for second in range(first, min(last + 1, first + MOST)))
        return "".join(LEVELS[value] for value in told)

    def _end_gop(self, size: int) -> None:
        total = self._total + sum(self._sizes)
        if self._key:
            self._gops.append((self._key, total - self._key_total))
        self._key, self._key_total = size, total

    def _next_second(self, at_ms: int) -> None:
        self._total += sum(self._sizes)
        if self._end_ms:
            self._judge(self._end_ms - _SECOND_MS)
        self._sizes.clear()
        self._sudden = False
        self._end_ms = (at_ms // _SECOND_MS + 1) * _SECOND_MS

    def _judge(self, start_ms: int) -> None:
        """A second is over: its value, and what follows from it."""
        if not self._sizes:
            return
        *others, second, top = sorted([0, *self._sizes])
        # One packet alone may be large for reasons of the encoder's.
        told = sum(others) + second + (min(top, 2 * second) if second else top)
        level = log2(told / len(self._sizes) + _SOFTEN_BYTES)
        value = 0 if self.learning else round(MOVES * (level - self._base) / self._limit)
        value = max(0, min(value, len(LEVELS) - 1))
        if self._sudden:
            value = max(value, MOVES)
        self._values.append((start_ms // _SECOND_MS, value))
        self._lately.append(level)
        self._follow(start_ms, value)
        self._learn(start_ms, level, value)
        if self.unsure:
            self.sure_ms = None
        elif self.sure_ms is None:
            self.sure_ms = start_ms + _SECOND_MS

    def _follow(self, start_ms: int, value: int) -> None:
        before, self._value = self._value, value
        if self.moving and value >= _FALLS:
            self._quiet_s = 0
            self.last_ms = start_ms + _SECOND_MS
            return
        both = min(before, value) >= _FALLS and before + value >= _BOTH
        if value >= _CLEAR or both:
            self._move(start_ms - _SECOND_MS * both)
            self.last_ms = start_ms + _SECOND_MS
            return
        self._quiet_s += 1
        if self._quiet_s >= _QUIET_S:
            self.moving = False

    def _move(self, since_ms: int) -> None:
        self._quiet_s = 0
        self.last_ms = self._end_ms
        if not self.moving:
            self.moving, self.since_ms, self._moved_s = True, since_ms, 0
            self._recent.clear()

    def _learn(self, start_ms: int, level: float, value: int) -> None:
        if self.moving:
            self._moved_s += 1
            self._recent.append(level)
            if self._settled():
                self._start_from(list(self._recent))
            return
        if value >= MOVES:
            return
        fell = not self.learning and level < self._base - self._limit / 2
        self._dropped_s = self._dropped_s + 1 if fell else 0
        self._still.append(level)
        self._tops.append(max(self._sizes))
        self._bottoms.append(min(self._sizes))
        if self._dropped_s >= _DROPPED_S:
            self._start_from(list(self._still)[-_DROPPED_S:])
            self.since_ms = start_ms - (_DROPPED_S - 1) * _SECOND_MS
        self._measure()

    def _settled(self) -> bool:
        """What seemed to move goes on evenly, or for so long that it is usual here."""
        if len(self._recent) < _SETTLED_S:
            return False
        even = _deviation(list(self._recent)) <= min(max(self._spread, _EVEN), _EVENEST)
        return even or self._moved_s >= _USUAL_S

    def _start_from(self, levels: list[float]) -> None:
        spread = self._spread
        self.rebase()
        self.moving = False
        self._still.extend(levels)
        self._tops.append(round(2 ** (max(levels) + 1)))
        self._spread = spread
        self._measure()

    def _measure(self) -> None:
        still = list(self._still)
        self._base = median(still)
        least = _UNSURE if self.unsure else 0.0
        self._spread = max(_deviation(still), least)
        limit = min(max(self._spread * _DEVIATIONS, _LEAST), _MOST)
        self._limit = limit / self._sensitivity
        if self.learning:
            return
        self._high = max(2 ** (self._base + self._limit), 1.1 * max(self._tops, default=0))
        if len(self._bottoms) >= _LEARNING:
            self._low = median(self._bottoms) / 2 - _SOFTEN_BYTES


def _deviation(levels: list[float]) -> float:
    """The standard deviation by the median: a few that stand out don't move it."""
    middle = median(levels)
    return 1.4826 * median(abs(level - middle) for level in levels)
