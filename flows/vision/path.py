"""The way somebody went, told by few places."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

MOST = 32
# Nearer than this to the way already told, in parts of the picture, a place adds nothing.
_NEAR = 0.01


class Place(NamedTuple):
    """Where the middle of something was at a time, ms since the epoch; x, y as in Box."""

    at_ms: int
    x: float
    y: float


def thinned(places: Sequence[Place]) -> tuple[Place, ...]:
    """At most MOST of these places, which are in order of time, the first and last among them.

    In between he is taken to have walked on evenly: each place added is the one that lies
    furthest from that, so that where and how long he stood is told, too.
    """
    if len(places) <= 2:
        return tuple(places)
    at, x, y = np.array(places, np.float64).T
    kept = [0, len(places) - 1]
    while len(kept) < MOST:
        off = np.hypot(x - np.interp(at, at[kept], x[kept]), y - np.interp(at, at[kept], y[kept]))
        furthest = int(off.argmax())
        if off[furthest] < _NEAR:
            break
        kept = sorted([*kept, furthest])
    return tuple(Place(p.at_ms, round(p.x, 4), round(p.y, 4)) for p in (places[k] for k in kept))
