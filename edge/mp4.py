"""Boxes of a fragmented MP4: what writer, recovery and playback read of it.

A file is its init section (`ftyp` + `moov`) and then fragments (`moof` + `mdat`), nothing else.
Names of boxes and fields are those of ISO/IEC 14496-12, -14 and -15.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import repeat
from typing import NamedTuple

from edge.errors import BadMedia

_CONTAINERS = frozenset({b"moov", b"trak", b"mdia", b"minf", b"stbl", b"mvex", b"moof", b"traf"})
_NON_SYNC = 0x10000  # sample_is_non_sync_sample
# Of a trun's rows: duration, size, flags, composition offset.
_FIELDS = ((0x100, "d"), (0x200, "s"), (0x400, "f"), (0x800, "c"))
_U32 = struct.Struct(">I")
_U64 = struct.Struct(">Q")
_CODECS = {b"avc1": "h264", b"avc3": "h264", b"hvc1": "hevc", b"hev1": "hevc", b"mp4a": "aac"}
_VIDEO_ENTRY, _AUDIO_ENTRY = 78, 28  # bytes of a sample entry before its child boxes


class Box(NamedTuple):
    """One box: `start` of its header, `body` of its content, `end` of both, in bytes."""

    kind: bytes
    start: int
    body: int
    end: int


class Init(NamedTuple):
    """What the init section tells. Track ids and scales (ticks a second) are for the moofs."""

    codec: str
    mime_codecs: str
    width: int
    height: int
    time_scale: int
    audio: str | None
    video_track: int
    scales: Mapping[int, int]


class Run(NamedTuple):
    """The pictures of one fragment: `pts` of the earliest and `end_pts`, in ticks."""

    pts: int
    end_pts: int
    frames: int
    keyframe: bool


def boxes(data: bytes | memoryview, start: int = 0, end: int | None = None) -> Iterator[Box]:
    """The boxes of one level, in order; stops where a box does not fit."""
    end = len(data) if end is None else end
    while start + 8 <= end:
        size, kind = struct.unpack_from(">I4s", data, start)
        body = start + 8
        if size == 1 and start + 16 <= end:
            size, body = _U64.unpack_from(data, start + 8)[0], start + 16
        if size < body - start or start + size > end:
            return
        yield Box(kind, start, body, start + size)
        start += size


def find(data: bytes | memoryview, path: str, start: int = 0, end: int | None = None) -> list[Box]:
    """All boxes at a path such as `moov/trak/mdia`."""
    first, _, rest = path.partition("/")
    found = [box for box in boxes(data, start, end) if box.kind == first.encode()]
    if not rest:
        return found
    return [inner for box in found for inner in find(data, rest, box.body, box.end)]


def unit_size(data: bytes | bytearray | memoryview) -> int:
    """Length of the init section or fragment that `data` begins with; 0 while incomplete."""
    size = 0
    while size + 8 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, size)
        if length == 1 and size + 16 <= len(data):
            length = _U64.unpack_from(data, size + 8)[0]
        if length < 8:
            raise BadMedia("not the boxes of a fragmented MP4")
        size += length
        if kind in (b"moov", b"mdat"):
            return size if size <= len(data) else 0
    return 0


def read_init(data: bytes) -> Init:
    """Read an init section. Raises BadMedia for anything but one video track and maybe audio."""
    try:
        tracks = [_track(data, trak) for trak in find(data, "moov/trak")]
    except (struct.error, IndexError, KeyError):
        raise BadMedia("the init section of this MP4 cannot be read") from None
    video = [t for t in tracks if t.width]
    audio = [t for t in tracks if not t.width]
    if not video:
        raise BadMedia("this MP4 has no video track")
    return Init(
        codec=video[0].codec,
        mime_codecs=",".join(t.mime for t in video[:1] + audio),
        width=video[0].width,
        height=video[0].height,
        time_scale=video[0].scale,
        audio=audio[0].codec if audio else None,
        video_track=video[0].id,
        scales={t.id: t.scale for t in tracks},
    )


class _Track(NamedTuple):
    id: int
    scale: int
    codec: str
    mime: str
    width: int
    height: int


def _track(data: bytes, trak: Box) -> _Track:
    def one(path: str) -> Box:
        return find(data, path, trak.body, trak.end)[0]

    tkhd, mdhd = one("tkhd"), one("mdia/mdhd")
    wide = data[tkhd.body] == 1  # version 1 has 64-bit times
    scale = _U32.unpack_from(data, mdhd.body + (20 if data[mdhd.body] == 1 else 12))[0]
    entry = next(boxes(data, one("mdia/minf/stbl/stsd").body + 8))
    width = height = 0
    if entry.kind != b"mp4a":
        width, height = struct.unpack_from(">HH", data, entry.body + 24)
    return _Track(
        id=_U32.unpack_from(data, tkhd.body + (20 if wide else 12))[0],
        scale=scale,
        codec=_CODECS.get(entry.kind, entry.kind.decode("latin-1")),
        mime=_mime(data, entry),
        width=width,
        height=height,
    )


def _mime(data: bytes, entry: Box) -> str:
    """RFC 6381's name of a sample entry."""
    kind = entry.kind.decode("latin-1")
    skip = _AUDIO_ENTRY if entry.kind == b"mp4a" else _VIDEO_ENTRY
    inner = {
        box.kind: data[box.body : box.end] for box in boxes(data, entry.body + skip, entry.end)
    }
    if b"avcC" in inner:
        return f"{kind}.{inner[b'avcC'][1:4].hex()}"
    if b"hvcC" in inner:
        return f"{kind}.{_hevc(inner[b'hvcC'])}"
    if b"esds" in inner:
        return f"{kind}.40.{_audio_object_type(inner[b'esds'])}"
    return kind


def _hevc(record: bytes) -> str:
    """Annex E.3 of ISO/IEC 14496-15: profile, reversed flags, tier and level, constraints."""
    profile = record[1]
    space = ("", "A", "B", "C")[profile >> 6]
    flags = int(f"{_U32.unpack_from(record, 2)[0]:032b}"[::-1], 2)
    tier = "H" if profile & 0x20 else "L"
    constraints = record[6:12].rstrip(b"\0")
    parts = [f"{space}{profile & 0x1F}", f"{flags:X}", f"{tier}{record[12]}"]
    return ".".join(parts + [f"{byte:X}" for byte in constraints])


def _audio_object_type(esds: bytes) -> int:
    """From the AudioSpecificConfig, which follows DecoderSpecificInfo's tag (5)."""
    position = 4
    while position < len(esds):
        tag, position = esds[position], position + 1
        while esds[position] & 0x80:
            position += 1
        position += 1
        if tag == 5:
            kind = esds[position] >> 3
            return (
                kind if kind != 31 else 32 + ((esds[position] & 7) << 3 | esds[position + 1] >> 5)
            )
        # Descriptors 3 and 4 contain the next one after their own fields.
        position += {3: 3, 4: 13}.get(tag, 0)
    return 2


def read_run(data: bytes | memoryview, video_track: int) -> Run | None:
    """The video part of a fragment; None where it holds audio only. Raises BadMedia."""
    try:
        for traf in find(data, "moof/traf"):
            parts = {box.kind: box for box in boxes(data, traf.body, traf.end)}
            if _U32.unpack_from(data, parts[b"tfhd"].body + 4)[0] == video_track:
                return _run(data, parts[b"tfhd"], parts[b"tfdt"], parts[b"trun"])
    except (struct.error, IndexError, KeyError):
        raise BadMedia("a fragment of this MP4 cannot be read") from None
    return None


def _run(data: bytes | memoryview, tfhd: Box, tfdt: Box, trun: Box) -> Run:
    duration, flags = _defaults(data, tfhd)
    dts = _decode_time(data, tfdt)
    shape, count = struct.unpack_from(">II", data, trun.body)
    at = trun.body + 8 + (4 if shape & 1 else 0)
    if shape & 4:
        flags, at = _U32.unpack_from(data, at)[0], at + 4
    row, lasts_at, flags_at, late_at = _row(shape)
    earliest = end = dts
    # Where all samples are alike, a row has no fields.
    rows = row.iter_unpack(data[at : at + count * row.size]) if row.size else repeat((), count)
    for number, values in enumerate(rows):
        if number == 0 and flags_at >= 0:
            flags = values[flags_at]
        pts = dts + values[late_at] if late_at >= 0 else dts
        lasts = values[lasts_at] if lasts_at >= 0 else duration
        earliest = pts if pts < earliest or not number else earliest
        end = max(end, pts + lasts)
        dts += lasts
    return Run(max(0, earliest), end, count, not flags & _NON_SYNC)


@cache
def _row(shape: int) -> tuple[struct.Struct, int, int, int]:
    """A trun's row, and where in it duration, flags and composition offset are (or -1)."""
    present = [(name, "i" if name == "c" else "I") for bit, name in _FIELDS if shape & bit]
    names = "".join(name for name, _ in present)
    row = struct.Struct(">" + "".join(code for _, code in present))
    return row, names.find("d"), names.find("f"), names.find("c")


def _defaults(data: bytes | memoryview, tfhd: Box) -> tuple[int, int]:
    """A tfhd's default sample duration and flags."""
    present = _U32.unpack_from(data, tfhd.body)[0]
    at, values = tfhd.body + 8, {}
    for bit, size in ((0x1, 8), (0x2, 4), (0x8, 4), (0x10, 4), (0x20, 4)):
        if present & bit:
            values[bit] = _U32.unpack_from(data, at)[0]
            at += size
    return values.get(0x8, 0), values.get(0x20, 0)


def _decode_time(data: bytes | memoryview, tfdt: Box) -> int:
    field = _U64 if data[tfdt.body] == 1 else _U32
    time: int = field.unpack_from(data, tfdt.body + 4)[0]
    return time


def earlier(fragment: bytes, ticks: Mapping[int, int]) -> bytes:
    """The same fragment, each track's decode time moved back by its `ticks`, at most to 0."""
    moved = bytearray(fragment)
    for traf in find(fragment, "moof/traf"):
        parts = {box.kind: box for box in boxes(fragment, traf.body, traf.end)}
        track = _U32.unpack_from(fragment, parts[b"tfhd"].body + 4)[0]
        tfdt = parts[b"tfdt"]
        time = max(0, _decode_time(fragment, tfdt) - ticks.get(track, 0))
        field = _U64 if fragment[tfdt.body] == 1 else _U32
        field.pack_into(moved, tfdt.body + 4, time)
    return bytes(moved)
