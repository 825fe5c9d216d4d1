"""In what other light a picture lies: what each of its levels would be in that of another."""

import cv2
import numpy as np
from numpy.typing import NDArray

# So much two pictures of the same differ anywhere, of 255 levels (8-bit compression).
FLOOR_LEVELS = 8.0
# Pictures that differ by no more than this on the whole lie in one light.
_ALIKE_LEVELS = 1.0

Grey = NDArray[np.uint8]
# What each level of 256 has become.
Levels = NDArray[np.uint8]
# How many pixels are of each level.
Counts = NDArray[np.float32]
_EVERY = np.arange(256.0)
_SAME: Levels = _EVERY.astype(np.uint8)


def levels_in(before: Grey, now: Grey) -> Levels:
    """What each level of one picture is in the other's light (auto exposure, clouds).

    As before, or brighter by an offset, or by a gain and an offset: what most of the picture's
    pixels, each compared with itself, agree with. Of a picture that is half wall, half ground,
    a crowd that walks in moves the median from the one to the other, and no light changed.
    """
    was, became = (np.ascontiguousarray(picture[::4, ::4]) for picture in (before, now))
    least = _unlike(was, became)
    best = _SAME
    # Of nearly all pairs of pictures this is all; the rest takes three times as long.
    if least > _ALIKE_LEVELS:
        for levels in _other_lights(was, became):
            apart = _unlike(cv2.LUT(was, levels), became)
            if apart < least:
                best, least = levels, apart
    return best


def _other_lights(was: Grey, became: Grey) -> tuple[Levels, Levels]:
    """An offset, by how the picture differs, and a gain, by how its darker and brighter thirds do.

    The gain is kept near 1, where a flat picture would make it anything.
    """
    upto = np.cumsum(counts(was, 256))
    low, high = np.searchsorted(upto, (upto[-1] / 3, upto[-1] * 2 / 3)).tolist()
    thirds = [np.asarray(cv2.inRange(was, *ends), np.uint8) for ends in ((0, low), (high, 255))]
    apart = (cv2.subtract(became, was, dtype=cv2.CV_16S) + np.int16(255)).astype(np.uint16)
    offset, darker, brighter = (middle(counts(apart, 511, one)) - 255 for one in (None, *thirds))
    dark, bright = (cv2.mean(was, one)[0] for one in thirds)
    spread = bright - dark
    gain = min(max(1 + (brighter - darker) / spread, 0.5), 2.0) if spread > 8 else 1.0
    between = (dark + bright) / 2
    return _levels(1.0, offset), _levels(gain, (darker + brighter) / 2 - between * (gain - 1))


def _levels(gain: float, offset: float) -> Levels:
    return np.asarray(np.clip(np.rint(_EVERY * gain + offset), 0, 255), np.uint8)


def _unlike(expected: cv2.typing.MatLike, now: Grey) -> float:
    """By how many levels two pictures differ, where a pixel counts for FLOOR_LEVELS at most."""
    apart = cv2.absdiff(expected, now)
    return cv2.mean(cv2.threshold(apart, FLOOR_LEVELS, 0, cv2.THRESH_TRUNC)[1])[0]


def counts(picture: NDArray[np.unsignedinteger], levels: int, part: Grey | None = None) -> Counts:
    """How many pixels, of a part of the picture, are of each level."""
    return np.asarray(cv2.calcHist([picture], [0], part, [levels], [0, levels]), np.float32).ravel()


def middle(counted: Counts) -> float:
    """The level below which half of what was counted lies, to a fraction of a level."""
    upto = np.cumsum(counted)
    rank = upto[-1] / 2
    level = int(np.searchsorted(upto, rank))
    return level - 0.5 + float((rank - upto[level]) / counted[level]) + 1
