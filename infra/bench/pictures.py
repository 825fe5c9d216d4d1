"""Which pictures of a clip a recording holds, told by their coded bytes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import av

from edge.errors import BadMedia

# The end of a coded picture: recorders put parameter sets and start codes before it, nothing
# behind it.
_END_BYTES = 64


class Pictures:
    """The pictures of a clip, numbered from 0 in the order that they are sent in."""

    def __init__(self, clip: Path) -> None:
        ends = list(_ends([clip]))
        self._numbers = {end: number for number, end in enumerate(ends)}
        if len(self._numbers) < len(ends):
            raise BadMedia("two pictures of the clip are alike", key=str(clip))

    def lost(self, files: Iterable[Path], least: int) -> int:
        """How many are missing between the first and the last that `files` of a stream hold.

        At least what they hold less than `least`; a picture that is none of the clip's counts too.
        """
        found = [self._numbers.get(end) for end in _ends(files)]
        known = {number for number in found if number is not None}
        between = max(known) - min(known) + 1 if known else 0
        return max(between - len(known), least - len(known)) + found.count(None)


def _ends(files: Iterable[Path]) -> Iterator[bytes]:
    for path in files:
        with av.open(str(path)) as container:
            for packet in container.demux(video=0):
                if packet.size:
                    yield bytes(packet)[-_END_BYTES:]
