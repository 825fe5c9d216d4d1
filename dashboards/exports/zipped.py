"""A stored zip of files that lie elsewhere: every byte's place is known before one is read.

Fields are those of PKWARE's APPNOTE 6.3; sizes and offsets beyond 32 bits go into zip64's.
"""

from __future__ import annotations

import struct
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from edge.clock import to_utc

Read = Callable[[int, int], bytes]  # offset and size

_LIMIT = 0xFFFFFFFF
_UTF8 = 0x800
_ZIP64, _PLAIN = 45, 20  # versions needed to extract


@dataclass(frozen=True, slots=True)
class Member:
    """One file; `read` gives its bytes."""

    name: str
    size_bytes: int
    crc32: int
    read: Read


class Zip:
    """The archive as if it lay somewhere: `size_bytes` of it, to be read from anywhere."""

    def __init__(self, members: Sequence[Member], made_ms: int) -> None:
        self._parts: list[tuple[int, Read]] = []
        self.size_bytes = 0
        central = b""
        for member in members:
            at = self.size_bytes
            self._add(_local(member, made_ms))
            self._parts.append((self.size_bytes, member.read))
            self.size_bytes += member.size_bytes
            central += _entry(member, at, made_ms)
        self._add(central + _end(len(members), len(central), self.size_bytes))

    def _add(self, data: bytes) -> None:
        self._parts.append((self.size_bytes, lambda offset, size: data[offset : offset + size]))
        self.size_bytes += len(data)

    def read(self, offset: int, size: int) -> bytes:
        """Bytes from anywhere, cut short where the archive ends."""
        return b"".join(self._pieces(offset, min(offset + size, self.size_bytes)))

    def _pieces(self, offset: int, end: int) -> Iterator[bytes]:
        starts = [start for start, _ in self._parts]
        while offset < end:
            number = bisect_right(starts, offset) - 1
            start, read = self._parts[number]
            until = starts[number + 1] if number + 1 < len(starts) else self.size_bytes
            size = min(end, until) - offset
            yield read(offset - start, size)
            offset += size


def _local(member: Member, made_ms: int) -> bytes:
    name, large = member.name.encode(), member.size_bytes >= _LIMIT
    size = _LIMIT if large else member.size_bytes
    extra = struct.pack("<HHQQ", 1, 16, *[member.size_bytes] * 2) if large else b""
    return (
        struct.pack(
            "<4sHHHIIIIHH",
            b"PK\3\4",
            _ZIP64 if large else _PLAIN,
            _UTF8,
            0,
            _when(made_ms),
            member.crc32,
            size,
            size,
            len(name),
            len(extra),
        )
        + name
        + extra
    )


def _entry(member: Member, at: int, made_ms: int) -> bytes:
    name = member.name.encode()
    large = [value for value in (*[member.size_bytes] * 2, at) if value >= _LIMIT]
    extra = struct.pack(f"<HH{len(large)}Q", 1, 8 * len(large), *large) if large else b""
    size, version = min(member.size_bytes, _LIMIT), _ZIP64 if large else _PLAIN
    head = (b"PK\1\2", 3 << 8 | version, version, _UTF8, 0, _when(made_ms), member.crc32)
    rest = (size, size, len(name), len(extra), 0, 0, 0, 0o644 << 16, min(at, _LIMIT))
    return struct.pack("<4sHHHHIIIIHHHHHII", *head, *rest) + name + extra


def _end(count: int, size: int, at: int) -> bytes:
    tail = struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, count, count, size, min(at, _LIMIT), 0)
    if at < _LIMIT:
        return tail
    wide = struct.pack("<4sQHHIIQQQQ", b"PK\6\6", 44, _ZIP64, _ZIP64, 0, 0, count, count, size, at)
    return wide + struct.pack("<4sIQI", b"PK\6\7", 0, at + size, 1) + tail


def _when(ms: int) -> int:
    """Date and time as MS-DOS wrote them, in steps of two seconds, UTC."""
    at = to_utc(ms)
    date = (at.year - 1980) << 9 | at.month << 5 | at.day
    return date << 16 | at.hour << 11 | at.minute << 5 | at.second // 2
