"""A drawn picture's mark: camera, UTC and frame number as squares that a machine reads back.

Layout, for readers in other languages (a picture W pixels wide, u = W / 80, 8 px at 640):

- Cells are u by u pixels in a fixed grid from the picture's top left corner, 64 cells a row. A
  bit is two cells side by side, 32 bits a row: bit i of the message is columns `2 * (i % 32)`
  and the next, of row `i // 32`. It is 1 where the left cell is the brighter one, else 0; a
  reader compares the means of the cells' middles.
- The message is bytes, the most significant bit first, numbers big-endian:
  6 bytes UTC milliseconds since the epoch, 4 bytes frame number, 1 byte n (1 to 63), n bytes
  the camera's name in ASCII, 4 bytes CRC-32 (zlib's) of all the bytes before it.
- The last row is filled up with 0 bits.

Squares of 8 pixels survive any bitrate at which a person would still watch the footage, and
the checksum refuses what did not survive. Pairs, because runs of one colour between bright
spots looked like people to FastestDet (score 0.6; 0.3 with pairs).
"""

from __future__ import annotations

import zlib
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Picture = npt.NDArray[np.uint8]

CELLS_ACROSS = 80  # of the whole picture
BITS_ACROSS = 32  # in pairs of cells
BLACK, WHITE = 16, 235
_HEAD = 11  # bytes before the name
_CRC = 4


class Mark(NamedTuple):
    """What a picture says of itself."""

    camera: str
    utc_ms: int
    frame: int


def rows(camera: str) -> int:
    """How many rows of cells this camera's mark takes."""
    return _rows(_HEAD + len(camera) + _CRC)


def _rows(length: int) -> int:
    return -(-length * 8 // BITS_ACROSS)


def draw(picture: Picture, camera: str, utc_ms: int, frame: int) -> None:
    """Draw the mark into a luma plane (H, W) or a colour picture (H, W, 3), in place.

    W is a multiple of 80; `frame` counts modulo 2**32.
    """
    name = camera.encode("ascii")
    told = utc_ms.to_bytes(6, "big") + (frame & 0xFFFFFFFF).to_bytes(4, "big")
    told += bytes([len(name)]) + name
    told += zlib.crc32(told).to_bytes(_CRC, "big")
    bits = np.zeros((rows(camera), BITS_ACROSS), np.uint8)
    bits.flat[: len(told) * 8] = np.unpackbits(np.frombuffer(told, np.uint8))
    cells = np.stack([bits, 1 - bits], axis=2).reshape(len(bits), -1)
    unit = picture.shape[1] // CELLS_ACROSS
    area = (cells * (WHITE - BLACK) + BLACK).repeat(unit, axis=0).repeat(unit, axis=1)
    target = picture[: area.shape[0], : area.shape[1]]
    target[...] = area if picture.ndim == 2 else area[:, :, None]


def read(picture: Picture) -> Mark | None:
    """The mark of a luma plane (H, W) or colour picture (H, W, 3) of any size; None without one."""
    head = _bytes(picture, _rows(_HEAD))
    if len(head) < _HEAD or not 1 <= head[_HEAD - 1] <= 63:
        return None
    length = _HEAD + head[_HEAD - 1]
    told = _bytes(picture, _rows(length + _CRC))[: length + _CRC]
    if zlib.crc32(told[:length]).to_bytes(_CRC, "big") != told[length:]:
        return None
    return Mark(
        told[_HEAD:length].decode("ascii", "replace"),
        int.from_bytes(told[:6], "big"),
        int.from_bytes(told[6:10], "big"),
    )


def _bytes(picture: Picture, count: int) -> bytes:
    """The first `count` rows of cells as bytes; none where the picture ends before them."""
    unit = picture.shape[1] / CELLS_ACROSS
    inside = np.array([0.3, 0.5, 0.7])
    x = ((np.arange(BITS_ACROSS * 2)[:, None] + inside) * unit).astype(int).ravel()
    y = ((np.arange(count)[:, None] + inside) * unit).astype(int).ravel()
    if y[-1] >= picture.shape[0]:
        return b""
    taken = picture[np.ix_(y, x)].astype(np.float32)
    luma = taken if taken.ndim == 2 else taken.mean(axis=2)
    means = luma.reshape(count, 3, BITS_ACROSS, 2, 3).mean(axis=(1, 4))
    return np.packbits(means[:, :, 0] > means[:, :, 1]).tobytes()
