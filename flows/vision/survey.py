"""Which stretches of a file are worth decoding: packet sizes and keyframes tell, for little.

Between keyframes a packet holds what changed since the last picture; two keyframes show whether
something is elsewhere. Where neither tells of anything, nothing need be decoded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from flows.media.footage import Footage, Gop
from flows.media.frames import Picture
from flows.vision.motion import Change, Eye, Grey, compare, nothing, smooth

# However still a file is, a keyframe is looked at this often, or each where they are rarer.
GLANCE_MS = 5_000
# Within so short a time nothing comes and goes unseen by both keyframes and packets.
SHORT_MS = 2_000
_WINDOW_MS = 1_000
# As in `edge.modes.activity`: a still picture's packets are a few bytes of noise.
_SOFTEN_BYTES = 16
_DEVIATIONS, _LEAST, _MOST = 5.0, 0.2, 1.0
_ENOUGH = 5  # still windows that tell what still is
# Averaged over a block of pixels noise is a third of a level at most; a shadow is more than one,
# in more than a block or two.
_BLOCKS = (32, 18)
_LIGHT_LEVELS, _LIGHT_SHARE = 1.0, 0.008
_REMEMBERED = 200  # glances kept for a second look: 20 minutes' worth, 15 MB
# Glances are looked at for what moved, then for who is there: half a minute of them stays decoded.
_KEPT_BYTES = 24_000_000
_NO_MASK = np.zeros((1, 1), np.uint8)

Greys = Callable[[Picture], Grey]
Light = NDArray[np.float32]


class Survey:
    """What keyframes and packets tell of each GOP: `question`, whether it is worth decoding."""

    def __init__(self, film: Footage, eye: Eye, grey: Greys) -> None:
        self._film, self._eye, self._grey = film, eye, grey
        #: What moved between a GOP's keyframe and the next, where that was looked at.
        self.changes: dict[int, Change] = {}
        self._light: dict[int, Light] = {}
        self._smoothed: dict[int, Grey] = {}
        self._kept: dict[int, Picture] = {}
        self._room_bytes = _KEPT_BYTES
        # Through a part of the picture somebody passes in no time.
        self.glances = _spaced(film.gops, SHORT_MS if eye.blinkered else GLANCE_MS)
        self._glances = set(self.glances)
        levels, gops = _levels(film)
        moved = self._moved()
        self._stirred = _stirred(levels, gops, moved, film.gops)
        self.question = self._questions(moved)

    def stretches(self) -> Iterator[tuple[Gop, Gop]]:
        """The first and last GOP of each stretch to decode, from a GOP before it is in question."""
        gops = self._film.gops
        wide = self.question.copy()
        for n in np.flatnonzero(self.question):
            if n > 0 and _length(gops[n - 1]) <= SHORT_MS:
                wide[n - 1] = True
        for first, last in runs(wide):
            yield gops[first], gops[last]

    def lit(self, number: int) -> bool:
        """Whether the light changed within a GOP, as where a shadow goes before who throws it."""
        for n in (number, number + 1):
            if 0 <= n < len(self._film.gops) and n not in self._light:
                self._smooth(n)
        before, after = (self._light.get(n) for n in (number, number + 1))
        return before is not None and after is not None and relit(before, after)

    def glance(self, number: int) -> Picture | None:
        """The picture that a glance is of, for once; None where it is damaged."""
        kept = self._kept.pop(number, None)
        return kept or self._film.keyframe(self._film.gops[number])

    def _moved(self) -> NDArray[np.bool_]:
        """Whether the glances before and after a GOP differ."""
        moved = np.zeros(len(self._film.gops), bool)
        for first, last, change in self._compared(self.glances):
            moved[first:last] = bool(change.boxes)
        return moved

    def _questions(self, moved: NDArray[np.bool_]) -> NDArray[np.bool_]:
        question = self._stirred.copy()
        for first, last in zip(self.glances, self.glances[1:], strict=False):
            if moved[first:last].any() or self._stirred[first:last].any():
                for n, _, change in self._compared(list(range(first, last + 1))):
                    self.changes[n] = replace(change, mask=_NO_MASK)
                    question[n] |= bool(change.boxes)
        # What follows the last keyframe has none after it that could tell.
        question[-1] |= len(question) == 1 or question[-2]
        return question

    def _compared(self, numbers: list[int]) -> Iterator[tuple[int, int, Change]]:
        before: tuple[int, Grey] | None = None
        for number in numbers:
            now = self._smooth(number)
            if now is None:
                continue
            if before is not None:
                yield before[0], number, self._between(*before, number, now)
            before = number, now

    def _smooth(self, number: int) -> Grey | None:
        """A GOP's keyframe as it is compared; None where it is damaged."""
        if number in self._smoothed:
            return self._smoothed[number]
        picture = self._film.keyframe(self._film.gops[number])
        if picture is None:
            return None
        grey = smooth(self._grey(picture))
        if number in self._glances and len(self._smoothed) < _REMEMBERED:
            self._smoothed[number] = grey
            self._keep(number, picture)
        self._light[number] = light(grey)
        return grey

    def _keep(self, number: int, picture: Picture) -> None:
        size_bytes = sum(plane.buffer_size for plane in picture.frame.planes)
        if size_bytes <= self._room_bytes:
            self._room_bytes -= size_bytes
            self._kept[number] = picture

    def _between(self, first: int, before: Grey, last: int, now: Grey) -> Change:
        start_ms, end_ms = (self._film.gops[n].start_ms for n in (first, last))
        if before.shape != now.shape:
            return nothing(end_ms, now)
        return compare(end_ms, start_ms, before, now, self._eye)


def runs(flags: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """The first and last number of each run of true ones."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], flags.view(np.int8), [0]))))
    return [(first, end - 1) for first, end in edges.reshape(-1, 2).tolist()]


def light(grey: Grey) -> Light:
    """How bright each block of a picture is, in levels."""
    blocks = cv2.resize(grey.astype(np.float32), _BLOCKS, interpolation=cv2.INTER_AREA)
    return np.asarray(blocks, np.float32)


def relit(before: Light, after: Light) -> bool:
    """Whether the light on more than a block or two became another."""
    return bool((np.abs(after - before) > _LIGHT_LEVELS).mean() > _LIGHT_SHARE)


def _length(gop: Gop) -> int:
    return gop.end_ms - gop.start_ms


def _spaced(gops: tuple[Gop, ...], at_most_ms: int) -> list[int]:
    """The numbers of keyframes at most so far apart, or each where they are rarer."""
    chosen = [0]
    for gop in gops[1:]:
        follows = gops[gop.number + 1].start_ms if gop.number + 1 < len(gops) else None
        if follows is None or follows - gops[chosen[-1]].start_ms > at_most_ms:
            chosen.append(gop.number)
    return chosen


def _levels(film: Footage) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """How large packets between keyframes are on average, in powers of two, window by window.

    And which GOP each window, of about _WINDOW_MS, is of.
    """
    packets = film.packets
    others = ~packets.keys
    gops = (np.cumsum(packets.keys) - 1)[others]
    starts = np.array([gop.start_ms for gop in film.gops])[gops]
    windows = gops * 1_000_000 + np.maximum(packets.at_ms[others] - starts, 0) // _WINDOW_MS
    names, of = np.unique(windows, return_inverse=True)
    mean = np.bincount(of, packets.sizes[others]) / np.bincount(of)
    return np.log2(mean + _SOFTEN_BYTES), names // 1_000_000


def _stirred(
    levels: NDArray[np.float64],
    of: NDArray[np.int64],
    moved: NDArray[np.bool_],
    gops: tuple[Gop, ...],
) -> NDArray[np.bool_]:
    """The GOPs whose packets are larger than where keyframes say that all is still.

    Where they say that nowhere, or sizes do not follow what moves (a fixed bitrate), those are
    told that are too long for their keyframes to tell.
    """
    long = np.array([_length(gop) > SHORT_MS for gop in gops])
    still = levels[~moved[of]]
    if len(still) < _ENOUGH:
        return long
    # From the low ones alone: something may have moved that keyframes don't show, or not where
    # this looks. The 5th and 25th of 100 even ones are 1.64 and 0.67 deviations below the middle.
    least, low = np.percentile(still, (5, 25))
    spread = float(low - least)
    high = levels > low + 0.67 * spread + min(max(_DEVIATIONS * spread, _LEAST), _MOST)
    if moved.any() and high[moved[of]].mean() < 0.2:
        return long
    stirred = np.zeros(len(gops), bool)
    stirred[of[high]] = True
    return stirred
