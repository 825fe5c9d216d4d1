"""What the fragments of a segment's file hold, sample by sample, without a muxer.

Fields are those of ISO/IEC 14496-12; times are ticks of each track's own scale.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from edge import mp4
from edge.errors import BadMedia

Ints = NDArray[np.int64]

_NON_SYNC = 0x10000  # sample_is_non_sync_sample
_MOST_BYTES = 1 << 28  # of one fragment: a second of footage and whatever bit rate


@dataclass(frozen=True, slots=True)
class Samples:
    """Samples of one track that lie one after another, in decode order.

    `pts` and `dts` count from the segment's media time 0; `offset` is where in the fragment
    the first one's bytes begin.
    """

    track: int
    offset: int
    dts: Ints
    pts: Ints
    lasts: Ints
    sizes: Ints
    syncs: NDArray[np.bool_]


def init_section(path: Path) -> bytes:
    """`ftyp` and `moov` of a segment's file. Raises BadMedia."""
    with path.open("rb") as file:
        return b"".join(_box(file, kind, size) for kind, size in _until(file, b"moov"))


def fragments(path: Path, *, heads_only: bool = False) -> Iterator[bytes]:
    """Each `moof` with its `mdat`, or without it; one fragment in memory at a time."""
    with path.open("rb") as file:
        moof = b""
        for kind, size in _boxes(file):
            if kind == b"moof":
                moof = _box(file, kind, size)
                if heads_only:
                    yield moof
            elif kind == b"mdat" and moof and not heads_only:
                yield moof + _box(file, kind, size)
                moof = b""


def samples(fragment: bytes) -> list[Samples]:
    """The runs of samples of one fragment. Raises BadMedia."""
    try:
        return [
            run
            for moof in mp4.find(fragment, "moof")
            for traf in mp4.find(fragment, "traf", moof.body, moof.end)
            for run in _runs(fragment, moof, traf)
        ]
    except (struct.error, IndexError, ValueError):
        raise BadMedia("a fragment of this MP4 cannot be read") from None


def outline(path: Path, track: int) -> tuple[Ints, NDArray[np.bool_]]:
    """Of a track's samples, in decode order: `pts`, and whether each is a keyframe."""
    runs = [
        run
        for moof in fragments(path, heads_only=True)
        for run in samples(moof)
        if run.track == track
    ]
    pts = np.concatenate([np.empty(0, np.int64), *(run.pts for run in runs)])
    return pts, np.concatenate([np.empty(0, np.bool_), *(run.syncs for run in runs)])


def _boxes(file: BinaryIO) -> Iterator[tuple[bytes, int]]:
    """Kind and length of each box at the top level; the file stands at its beginning."""
    at = 0
    while len(head := _at(file, at, 16)) >= 8:
        size, kind = struct.unpack_from(">I4s", head)
        if size == 1 and len(head) == 16:
            size = struct.unpack_from(">Q", head, 8)[0]
        if size < 8:
            raise BadMedia("not the boxes of an MP4", path=file.name)
        file.seek(at)
        yield kind, size
        at += size


def _at(file: BinaryIO, at: int, size: int) -> bytes:
    file.seek(at)
    return file.read(size)


def _until(file: BinaryIO, last: bytes) -> Iterator[tuple[bytes, int]]:
    for kind, size in _boxes(file):
        yield kind, size
        if kind == last:
            return
    raise BadMedia("an MP4 without its moov", path=file.name)


def _box(file: BinaryIO, kind: bytes, size: int) -> bytes:
    data = file.read(size) if size <= _MOST_BYTES else b""
    if len(data) != size:
        raise BadMedia(f"a torn {kind.decode('latin-1')} box", path=file.name)
    return data


def _runs(data: bytes, moof: mp4.Box, traf: mp4.Box) -> Iterator[Samples]:
    parts = list(mp4.boxes(data, traf.body, traf.end))
    tfhd = next(box for box in parts if box.kind == b"tfhd")
    tfdt = next(box for box in parts if box.kind == b"tfdt")
    track, defaults = _header(data, tfhd)
    wide = data[tfdt.body] == 1
    at = struct.unpack_from(">Q" if wide else ">I", data, tfdt.body + 4)[0]
    for trun in (box for box in parts if box.kind == b"trun"):
        run = _run(data, trun, track, at, moof.start, defaults)
        at += int(run.lasts.sum())
        yield run


def _header(data: bytes, tfhd: mp4.Box) -> tuple[int, dict[int, int]]:
    """A tfhd's track and its defaults, by flag: 0x8 duration, 0x10 size, 0x20 flags."""
    present, track = struct.unpack_from(">II", data, tfhd.body)
    if present & 0x1:
        raise BadMedia("a fragment whose offsets count from elsewhere")
    at, found = tfhd.body + 8, {}
    for bit in (0x2, 0x8, 0x10, 0x20):
        if present & bit:
            found[bit] = struct.unpack_from(">I", data, at)[0]
            at += 4
    return track, found


def _run(
    data: bytes, trun: mp4.Box, track: int, dts: int, base: int, defaults: dict[int, int]
) -> Samples:
    shape, count = struct.unpack_from(">II", data, trun.body)
    at, offset, first = trun.body + 8, 0, None
    if shape & 0x1:
        offset, at = struct.unpack_from(">i", data, at)[0], at + 4
    if shape & 0x4:
        first, at = struct.unpack_from(">I", data, at)[0], at + 4
    fields = [bit for bit in (0x100, 0x200, 0x400, 0x800) if shape & bit]
    table = np.frombuffer(data, ">u4", count * len(fields), at).reshape(count, len(fields))

    def column(bit: int, default: int) -> Ints:
        if bit in fields:
            return table[:, fields.index(bit)].astype(np.int64)
        return np.full(count, default, np.int64)

    lasts, flags = column(0x100, defaults.get(0x8, 0)), column(0x400, defaults.get(0x20, 0))
    if first is not None and count and 0x400 not in fields:
        flags[0] = first
    late = column(0x800, 0).astype(np.uint32).view(np.int32).astype(np.int64)
    decoded = dts + np.concatenate(([0], np.cumsum(lasts)[:-1])).astype(np.int64)[:count]
    sizes = column(0x200, defaults.get(0x10, 0))
    syncs = flags & _NON_SYNC == 0
    return Samples(track, base + offset, decoded, decoded + late, lasts, sizes, syncs)
