"""Sprite sheets: a minute as sixty small pictures in one JPEG, for scrubbing over a timeline."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.errors import BadMedia
from flows.media.footage import Footage, Gop, footage
from flows.media.frames import Picture, Tally
from flows.media.still import jpeg

COLUMNS, ROWS = 10, 6
SECONDS = COLUMNS * ROWS
# Every picture fits in, whatever its shape: so a page needs no index to find a second.
TILE_WIDTH_PX, TILE_HEIGHT_PX = 160, 90
DARK = 24
_TILE_QUALITY = 92  # of tiles that become part of a sheet

Pixels = NDArray[np.uint8]


def place(second: int) -> tuple[int, int]:
    """Left and top (px) of a second's tile."""
    row, column = divmod(second, COLUMNS)
    return column * TILE_WIDTH_PX, row * TILE_HEIGHT_PX


class Sheet:
    """Sixty tiles, ten a row, in order; dark where nothing was put."""

    def __init__(self) -> None:
        size = (ROWS * TILE_HEIGHT_PX, COLUMNS * TILE_WIDTH_PX, 3)
        self.pixels: Pixels = np.full(size, DARK, np.uint8)
        self._rows = 1

    @classmethod
    def of(cls, data: bytes) -> Sheet | None:
        """What `jpeg` or `begun` made; None where it is not that."""
        found = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR) if data else None
        sheet = cls()
        heights = range(TILE_HEIGHT_PX, len(sheet.pixels) + 1, TILE_HEIGHT_PX)
        if found is None or len(found) not in heights or found.shape[1] != sheet.pixels.shape[1]:
            return None
        sheet.pixels[: len(found)] = found
        return sheet

    def tile(self, second: int) -> Pixels:
        """A second's tile, to be read or written."""
        left, top = place(second)
        return self.pixels[top : top + TILE_HEIGHT_PX, left : left + TILE_WIDTH_PX]

    def put(self, second: int, picture: Pixels) -> None:
        """Show a picture (BGR, at most a tile wide) as a second, as large as it fits."""
        height, width = picture.shape[:2]
        scale = min(TILE_HEIGHT_PX / height, TILE_WIDTH_PX / width, 1.0)
        size = max(round(width * scale), 1), max(round(height * scale), 1)
        small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA) if scale < 1 else picture
        left, top = (TILE_WIDTH_PX - size[0]) // 2, (TILE_HEIGHT_PX - size[1]) // 2
        self._rows = max(self._rows, second // COLUMNS + 1)
        self.tile(second)[top : top + size[1], left : left + size[0]] = small

    def jpeg(self) -> bytes:
        """The whole sheet, as it is sent."""
        return jpeg(self.pixels)

    def begun(self) -> bytes:
        """The rows down to the last that was put, as a short segment's are stored."""
        return jpeg(self.pixels[: self._rows * TILE_HEIGHT_PX])


class Strip:
    """A tile a second of a file whose pictures come in any order, for its sheets."""

    def __init__(self) -> None:
        # As JPEG: a quarter of an hour of bare pixels would be 39 MB.
        self._tiles: dict[int, bytes] = {}

    def see(self, picture: Picture) -> None:
        """A picture of the file: the first one of its second is shown."""
        second = picture.at_ms // 1_000
        if second not in self._tiles:
            self._tiles[second] = jpeg(picture.bgr(TILE_WIDTH_PX), _TILE_QUALITY)

    def sheets(self, duration_ms: int) -> Iterator[bytes]:
        """A sheet a minute, where a second that was not seen shows the one before."""
        seconds = -(-duration_ms // 1_000) if self._tiles else 0
        before = b""
        for first in range(0, seconds, SECONDS):
            sheet = Sheet()
            for second in range(first, min(first + SECONDS, seconds)):
                before = self._tiles.get(second, before)
                if before:
                    sheet.put(second - first, _pixels(before))
            yield sheet.begun()


def _pixels(data: bytes) -> Pixels:
    return np.asarray(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR), np.uint8)


def minute(pieces: Iterable[tuple[bytes, int, int]], start_ms: int) -> Sheet:
    """A minute of a segment, from `start_ms` of it on: each second's last keyframe.

    Where a second has none, it is the one before; where footage is missing or damaged, the
    tile stays dark. Pieces are those of `flows.media.parts`, each a file and its bounds.
    """
    sheet = Sheet()
    for data, begin_ms, end_ms in pieces:
        first = max((begin_ms - start_ms) // 1_000, 0)
        last = min((end_ms - start_ms - 1) // 1_000, SECONDS - 1)
        try:
            with footage(data, Tally()) as opened:
                _fill(sheet, opened, range(first, last + 1), start_ms - begin_ms)
        except BadMedia:
            continue
    return sheet


def _fill(sheet: Sheet, opened: Footage, seconds: range, offset_ms: int) -> None:
    """Decode the keyframes of these seconds alone, each once."""
    shown: dict[Gop, list[int]] = {}
    for second in seconds:
        before = [g for g in opened.gops if g.start_ms < (second + 1) * 1_000 + offset_ms]
        if before:
            shown.setdefault(before[-1], []).append(second)
    for gop, wanted in shown.items():
        if picture := opened.keyframe(gop):
            small = picture.bgr(TILE_WIDTH_PX)
            for second in wanted:
                sheet.put(second, small)
