"""The index of a plain MP4 (`moov`), written from what is known of its samples.

Box names and fields are those of ISO/IEC 14496-12; all times and offsets are 64 bits wide, since
a day at 90 kHz does not fit into 32.
"""

from __future__ import annotations

import struct
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from edge import mp4
from edge.errors import BadMedia

_EPOCH_1904_S = 2_082_844_800  # from 1904, where these files count from, to 1970
_MATRIX = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
_UNDETERMINED = 0x55C4  # the language code "und"
_TKHD_TAIL = 60  # layer, volume, matrix, width and height: the same in both versions
FTYP = struct.pack(">I4s4sI16s", 32, b"ftyp", b"isom", 0x200, b"isomiso2iso4mp41")


def box(kind: bytes, *content: bytes) -> bytes:
    """One box."""
    body = b"".join(content)
    return struct.pack(">I4s", 8 + len(body), kind) + body


def _full(kind: bytes, version: int, flags: int, *content: bytes) -> bytes:
    return box(kind, struct.pack(">I", version << 24 | flags), *content)


@dataclass(frozen=True, slots=True)
class Source:
    """What a track's own init section says of it: parts of its boxes, as they are."""

    id: int
    scale: int
    sound: bool
    tail: bytes  # of tkhd
    hdlr: bytes
    media: bytes  # vmhd or smhd, and dinf
    stsd: bytes

    @property
    def kind(self) -> tuple[object, ...]:
        """Two tracks of one kind can stand in one file."""
        return self.scale, self.sound, _plain(self.stsd)


def sources(init: bytes) -> list[Source]:
    """The tracks of an init section, pictures first. Raises BadMedia."""
    try:
        found = [_source(init, trak) for trak in mp4.find(init, "moov/trak")]
    except (struct.error, IndexError):
        raise BadMedia("the init section of this MP4 cannot be read") from None
    if not found or found[0].sound:
        raise BadMedia("this MP4 has no video track")
    return found


def _source(data: bytes, trak: mp4.Box) -> Source:
    def one(path: str) -> mp4.Box:
        return mp4.find(data, path, trak.body, trak.end)[0]

    def whole(path: str) -> bytes:
        found = one(path)
        return data[found.start : found.end]

    tkhd, mdhd = one("tkhd"), one("mdia/mdhd")
    id_at = tkhd.body + (20 if data[tkhd.body] == 1 else 12)
    scale_at = mdhd.body + (20 if data[mdhd.body] == 1 else 12)
    sound = bool(mp4.find(data, "mdia/minf/smhd", trak.body, trak.end))
    return Source(
        id=struct.unpack_from(">I", data, id_at)[0],
        scale=struct.unpack_from(">I", data, scale_at)[0],
        sound=sound,
        tail=data[tkhd.end - _TKHD_TAIL : tkhd.end],
        hdlr=whole("mdia/hdlr"),
        media=whole("mdia/minf/smhd" if sound else "mdia/minf/vmhd") + whole("mdia/minf/dinf"),
        stsd=whole("mdia/minf/stbl/stsd"),
    )


def _plain(stsd: bytes) -> bytes:
    """A sample description without its bit rates, which say nothing of how to decode it."""
    at = stsd.find(b"btrt")
    return stsd if at < 4 else stsd[: at - 4] + stsd[at + 16 :]


@dataclass(slots=True)
class Track:
    """A track's samples in decode order, so far; times are ticks of its scale from the file's 0.

    16 bytes a sample: a day of pictures is 35 MB.
    """

    source: Source
    dts: array[int] = field(default_factory=lambda: array("q"))
    late: array[int] = field(default_factory=lambda: array("i"))  # pts - dts
    sizes: array[int] = field(default_factory=lambda: array("I"))
    keys: array[int] = field(default_factory=lambda: array("I"))  # counted from 1
    chunks: array[int] = field(default_factory=lambda: array("q"))  # offset, samples, …
    last: int = 0  # how long the last one lasts
    end: int = 0  # the latest presentation's end

    def moved(self, number: int) -> array[int]:
        """The chunks' offsets, each further by so much."""
        return array("q", (at + number for at in self.chunks[::2]))


def moov(tracks: Sequence[Track], begun_ms: int, end: int | None, data_at: int) -> bytes:
    """The index of a file whose samples' offsets count from `data_at`.

    The movie's scale is the first track's; `end`, in its ticks, is where presentation stops
    though later pictures are there for others to lean on. `begun_ms` is when the first was taken.
    """
    scale = tracks[0].source.scale
    made = struct.pack(">QQ", *[begun_ms // 1_000 + _EPOCH_1904_S] * 2)
    lengths = [_length(track, scale, end) for track in tracks]
    head = _full(
        b"mvhd",
        1,
        0,
        made,
        struct.pack(">IQIH10x", scale, max(lengths), 0x10000, 0x100),
        _MATRIX,
        bytes(24),
        struct.pack(">I", len(tracks) + 1),
    )
    traks = [
        _trak(number, track, length, scale, end, made, data_at)
        for number, (track, length) in enumerate(zip(tracks, lengths, strict=True), 1)
    ]
    return box(b"moov", head, *traks)


def _length(track: Track, scale: int, end: int | None) -> int:
    length = -(-track.end * scale // track.source.scale)
    return length if end is None else min(length, end)


def _trak(
    number: int,
    track: Track,
    length: int,
    scale: int,
    end: int | None,
    made: bytes,
    data_at: int,
) -> bytes:
    source = track.source
    tkhd = _full(b"tkhd", 1, 3, made, struct.pack(">IIQ8x", number, 0, length), source.tail)
    total = track.dts[-1] - track.dts[0] + track.last
    mdhd = _full(b"mdhd", 1, 0, made, struct.pack(">IQHH", source.scale, total, _UNDETERMINED, 0))
    minf = box(b"minf", source.media, _stbl(track, data_at))
    return box(
        b"trak", tkhd, _edits(track, length, scale, end), box(b"mdia", mdhd, source.hdlr, minf)
    )


def _edits(track: Track, length: int, scale: int, end: int | None) -> bytes:
    """When a track begins, and where it ends before its samples do; nothing where all is shown."""
    late = track.dts[0] * scale // track.source.scale
    if not late and (end is None or track.source.sound):
        return b""
    empty = struct.pack(">QqI", late, -1, 0x10000) if late else b""
    shown = struct.pack(">QqI", length - late, 0, 0x10000)
    count = struct.pack(">I", 1 + bool(late))
    return box(b"edts", _full(b"elst", 1, 0, count, empty, shown))


def _stbl(track: Track, data_at: int) -> bytes:
    dts = np.frombuffer(track.dts, np.int64)
    lasts = np.append(np.diff(dts), track.last)
    late = np.frombuffer(track.late, np.int32)
    parts = [track.source.stsd, _full(b"stts", 0, 0, _runs(lasts))]
    if late.any():
        parts.append(_full(b"ctts", 1, 0, _runs(late)))
    if not track.source.sound and len(track.keys) < len(track.dts):
        parts.append(_full(b"stss", 0, 0, _counted(np.frombuffer(track.keys, np.uint32), ">u4")))
    sizes = np.frombuffer(track.sizes, np.uint32)
    parts.append(_full(b"stsz", 0, 0, bytes(4), _counted(sizes, ">u4")))
    parts.append(_full(b"stsc", 0, 0, _chunk_sizes(np.array(track.chunks[1::2], np.int64))))
    offsets = np.frombuffer(track.moved(data_at), np.int64)
    return box(b"stbl", *parts, _full(b"co64", 0, 0, _counted(offsets, ">u8")))


def _counted(values: NDArray[np.integer], kind: str) -> bytes:
    return struct.pack(">I", len(values)) + values.astype(kind).tobytes()


def _starts(values: NDArray[np.integer]) -> NDArray[np.intp]:
    """Where a value differs from the one before."""
    return np.flatnonzero(np.append(True, values[1:] != values[:-1]))


def _runs(values: NDArray[np.integer]) -> bytes:
    """How often each value follows itself, and the value."""
    starts = _starts(values)
    counts = np.diff(np.append(starts, len(values)))
    rows = np.stack([counts, values[starts]], axis=1).astype(np.int64)
    return struct.pack(">I", len(rows)) + rows.astype(">i4").tobytes()


def _chunk_sizes(counts: NDArray[np.int64]) -> bytes:
    starts = _starts(counts)
    rows = np.stack([starts + 1, counts[starts], np.ones_like(starts)], axis=1)
    return struct.pack(">I", len(rows)) + rows.astype(">u4").tobytes()
