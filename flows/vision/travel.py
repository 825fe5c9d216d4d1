"""Whether what was seen moved by itself: what visits is told from what only stands there."""

from collections.abc import Sequence

from flows.vision.detector import Box

# How far it must have gone to be on its way, in parts of its own size.
TRAVEL = 0.25
# What hardly overlaps with where it stood has left its place.
_STAYED_IOU = 0.5
_CUT = 0.02
_LEAST_MS = 700


def travelled(moving: Sequence[tuple[int, Box]], place: Box | None = None) -> bool:
    """Whether these places (ms, box), at each of which it moved, show one thing on its way.

    At least three over 0.7 s, and TRAVEL of its own size between two of them: what a hand
    sets down, or what is called a person while light plays on it, stays where it is.
    What is cut off by the picture's upper edge shows no head and may be an arm that
    reaches in, which grows, shrinks and sways; it counts once it crosses by its width.
    `place` is where it stood, if it did: it does not rise out of the lower edge there. The
    arm that takes it away hides it at first, and so makes it taller.
    """
    if len(moving) < 3 or moving[-1][0] - moving[0][0] < _LEAST_MS:
        return False
    here = moving[-1][1]
    return any(_went(box, here, rises=place is None or left(place, box)) for _, box in moving[:-1])


def left(place: Box, here: Box) -> bool:
    """Whether what stood in a place has gone from it.

    What somebody walks past is cut off by him for a moment, so that its box changes while
    something moves there; but it stays.
    """
    return place.iou(here) < _STAYED_IOU


def _went(a: Box, b: Box, *, rises: bool) -> bool:
    """Whether one thing in these two boxes changed its place, whatever cuts it off."""
    rose = rises and _rise(a, b) >= TRAVEL
    if a.y > _CUT:
        return rose or (b.y > _CUT and _shift(a, b) >= TRAVEL)
    # A hand that lets go of what it held is cut off at first, and then is not.
    return b.y <= _CUT and _crossing(a, b) >= 1.0


def _shift(a: Box, b: Box) -> float:
    """How far its middle went, in parts of its own mean width or height."""
    (ax, ay), (bx, by) = a.centre, b.centre
    return max(2 * abs(ax - bx) / (a.w + b.w), 2 * abs(ay - by) / (a.h + b.h))


def _rise(a: Box, b: Box) -> float:
    """How far its top rose out of the picture's lower edge, in parts of its mean height."""
    return 2 * (a.y - b.y) / (a.h + b.h) if a.y + a.h >= 1 - _CUT else 0.0


def _crossing(a: Box, b: Box) -> float:
    """How far both its sides went the same way, in parts of its mean width."""
    left, right = b.x - a.x, b.x + b.w - a.x - a.w
    return 2 * min(abs(left), abs(right)) / (a.w + b.w) if left * right > 0 else 0.0
