"""NAL units of H.264 and HEVC packets, however they are kept apart.

Packets carry start codes (Annex B of ITU-T H.264 and H.265), or lengths where the extradata is a
decoder configuration record (ISO/IEC 14496-15, 5.3.3.1 and 8.3.3.1).
"""

from __future__ import annotations

from collections.abc import Iterator

# NAL unit types of parameter sets (VPS, SPS, PPS), and of delimiters, which nobody needs.
_SETS = {"h264": frozenset({7, 8}), "hevc": frozenset({32, 33, 34})}
_DELIMITERS = {"h264": 9, "hevc": 35}
_START = b"\0\0\0\1"


class Units:
    """Reads the packets of one stream. `codec` is h264 or hevc."""

    def __init__(self, codec: str, extradata: bytes) -> None:
        self._codec = codec
        is_record = extradata[:1] == b"\1"
        self._length_bytes = (extradata[21 if codec == "hevc" else 4] & 3) + 1 if is_record else 0
        read = _hevc_record if codec == "hevc" else _h264_record
        self.sets = list(read(extradata)) if is_record else list(_apart(extradata))

    def of(self, data: bytes) -> tuple[list[bytes], list[bytes]]:
        """A packet's parameter sets, and its other units but delimiters."""
        sets, others = [], []
        found = _measured(data, self._length_bytes) if self._length_bytes else _apart(data)
        for unit in found:
            kind = self._kind(unit)
            if kind in _SETS[self._codec]:
                sets.append(unit)
            elif kind != _DELIMITERS[self._codec]:
                others.append(unit)
        return sets, others

    def _kind(self, unit: bytes) -> int:
        return unit[0] >> 1 & 0x3F if self._codec == "hevc" else unit[0] & 0x1F


def started(units: list[bytes]) -> bytes:
    """The units, each behind a start code."""
    return b"".join(_START + unit for unit in units)


def measured(units: list[bytes]) -> bytes:
    """The units, each behind its length in four bytes: an MP4's sample."""
    return b"".join(len(unit).to_bytes(4, "big") + unit for unit in units)


def _apart(data: bytes) -> Iterator[bytes]:
    # No unit ends in a zero: what stands there belongs to the next start code.
    return filter(None, (unit.rstrip(b"\0") for unit in data.split(b"\0\0\1")[1:]))


def _measured(data: bytes, length_bytes: int) -> Iterator[bytes]:
    at = 0
    while at + length_bytes < len(data):
        size = int.from_bytes(data[at : at + length_bytes], "big")
        at += length_bytes
        if size:
            yield data[at : at + size]
        at += size


def _h264_record(record: bytes) -> Iterator[bytes]:
    at = 5
    for mask in (0x1F, 0xFF):
        count = record[at] & mask
        at += 1
        for _ in range(count):
            unit, at = _next(record, at)
            yield unit


def _hevc_record(record: bytes) -> Iterator[bytes]:
    at = 23
    for _ in range(record[22]):
        count = int.from_bytes(record[at + 1 : at + 3], "big")
        at += 3
        for _ in range(count):
            unit, at = _next(record, at)
            yield unit


def _next(record: bytes, at: int) -> tuple[bytes, int]:
    end = at + 2 + int.from_bytes(record[at : at + 2], "big")
    return record[at + 2 : end], end
