"""A recording in progress: `<stem>.part` and the index beside it that recovery reads.

The index is text. Its first line is the CRC-32 of the header and the header as JSON; each further
line is `offset size crc32` of a unit of the file, in order: the init section, then fragments. A
file that is whole, and not sealed yet, has the line `end wall_ms crc32` as its last.
"""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict, ValidationError

from edge.segment import Name, Origin

PART, INDEX = ".part", ".index"


class PartHeader(BaseModel):
    """What is known of a segment before its first packet."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    camera: Name
    node: Name
    start_ms: int
    monotonic_ms: int
    boot_id: str
    source: str
    origin: Origin = Origin.RECORDED
    rung: str = ""
    synchronised: bool | None = None

    @property
    def stem(self) -> str:
        """The file name without its suffix; `_` is in no camera's name."""
        return stem(self.camera, self.origin, self.start_ms)


class Unit(NamedTuple):
    """The init section or a fragment, as the index claims it."""

    offset: int
    size: int
    crc32: int


def stem(camera: str, origin: Origin, start_ms: int | str) -> str:
    return f"{camera}_{origin}_{start_ms}"


def index_path(part: Path) -> Path:
    return part.with_suffix(INDEX)


def header_line(header: PartHeader) -> bytes:
    text = header.model_dump_json().encode()
    return b"%d %b\n" % (zlib.crc32(text), text)


def unit_line(unit: Unit) -> bytes:
    return b"%d %d %d\n" % unit


def end_line(wall_ms: int) -> bytes:
    # No checksum of the footage covers this number, so it has one of its own.
    told = b"end %d" % wall_ms
    return b"%b %d\n" % (told, zlib.crc32(told))


def read_end(data: bytes) -> int | None:
    """The wall_ms of a recording that came to its end; None where it was interrupted."""
    last = data.rpartition(b"\n")[0].rpartition(b"\n")[2]
    told, _, crc = last.rpartition(b" ")
    if not told.startswith(b"end ") or crc != b"%d" % zlib.crc32(told):
        return None
    return int(told[4:])


def read_index(data: bytes) -> tuple[PartHeader | None, list[Unit]]:
    """The header, None unless its checksum holds, and every line that is a unit."""
    first, _, rest = data.partition(b"\n")
    crc, _, text = first.partition(b" ")
    header = None
    if crc == b"%d" % zlib.crc32(text):
        try:
            header = PartHeader.model_validate_json(text)
        except ValidationError:
            header = None
    whole = rest[: rest.rfind(b"\n") + 1]
    units = (_unit(line) for line in whole.splitlines())
    return header, [unit for unit in units if unit]


def _unit(line: bytes) -> Unit | None:
    fields = line.split(b" ")
    if len(fields) != 3 or not all(field.isdigit() and len(field) < 19 for field in fields):
        return None
    return Unit(*(int(field) for field in fields))
