"""Text in a drawn picture: capitals, digits and a few signs, five squares by seven each."""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

from edge.camera.blocks import BLACK, WHITE, Picture

# Seven rows a sign, two hexadecimal digits a row, the lowest five bits from left to right.
_SIGNS = {
    "0": "0e11131519110e", "1": "040c040404040e", "2": "0e11010204081f", "3": "1f02040201110e",
    "4": "02060a121f0202", "5": "1f101e0101110e", "6": "0608101e11110e", "7": "1f010204080808",
    "8": "0e11110e11110e", "9": "0e11110f01020c", "A": "0e11111f111111", "B": "1e11111e11111e",
    "C": "0e11101010110e", "D": "1c12111111121c", "E": "1f10101e10101f", "F": "1f10101e101010",
    "G": "0e11101711110f", "H": "1111111f111111", "I": "0e04040404040e", "J": "0702020202120c",
    "K": "11121418141211", "L": "1010101010101f", "M": "111b1515111111", "N": "11111915131111",
    "O": "0e11111111110e", "P": "1e11111e101010", "Q": "0e11111115120d", "R": "1e11111e141211",
    "S": "0f10100e01011e", "T": "1f040404040404", "U": "1111111111110e", "V": "11111111110a04",
    "W": "1111111515150a", "X": "11110a040a1111", "Y": "1111110a040404", "Z": "1f01020408101f",
    "-": "0000001f000000", ":": "000c0c000c0c00", ".": "00000000000c0c", " ": "00000000000000",
}  # fmt: skip


@cache
def _sign(letter: str, scale: int) -> npt.NDArray[np.uint8]:
    shape = bytes.fromhex(_SIGNS.get(letter, _SIGNS["."]))
    lit = np.unpackbits(np.frombuffer(shape, np.uint8)[:, None], axis=1)[:, 2:]
    # Bits 5 to 0: the first is always dark and keeps a sign apart from the one before it.
    return np.kron(lit * (WHITE - BLACK) + BLACK, np.ones((scale, scale), np.uint8))


def write(picture: Picture, text: str, x: int, y: int, scale: int) -> None:
    """Write `text` with its top left corner at (x, y) of a luma plane, cut off at its right edge.

    A sign is 6 by 7 squares of `scale` pixels, on black.
    """
    signs = np.concatenate([_sign(letter, scale) for letter in text.upper()], axis=1)
    target = picture[y : y + signs.shape[0], x : x + signs.shape[1]]
    target[...] = signs[: target.shape[0], : target.shape[1]]
