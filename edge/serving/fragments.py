"""A camera's packets as fragments of an MP4, one a picture, each made as soon as its packet came.

A muxer of libav's writes a fragment when the next picture has come: 66 ms late at fifteen a second.
"""

from __future__ import annotations

import io
import json
import struct
from collections.abc import Iterator
from fractions import Fraction
from typing import NamedTuple

import av

from edge.errors import BadMedia
from edge.mp4 import read_init
from edge.serving.units import Units, measured, started
from edge.subscribers import Offered, Stream

_CODECS = {"h264", "hevc"}
_MOVFLAGS = {"movflags": "empty_moov+default_base_moof+skip_trailer", "fflags": "+bitexact"}
_90K = 90_000
# Of one sample it has always the same shape: moof(mfhd, traf(tfhd, tfdt, trun)) and mdat's head.
_MOOF = struct.Struct(">I4s I4sII I4s I4sII I4sIQ I4sIIi IIIi I4s")
_MOOF_BYTES, _TRAF_BYTES, _FLAGS_AT = 104, 80, 96
_BASE_IS_MOOF, _DURATION_SIZE_FLAGS_OFFSET, _WIDE = 0x020000, 0x01000F01, 0x01000000
_SYNC, _NOT_SYNC = 0x02000000, 0x01010000
# Browsers drop what follows a picture by more than twice its length, up to the next keyframe.
_LENGTH = _90K // 4
_JUMP = 2 * _90K


class Opening(NamedTuple):
    """What a player must know before the first picture: a line of JSON, and an MP4's beginning."""

    told: str
    init: bytes


class Picture(NamedTuple):
    """One picture's fragment."""

    fragment: bytes
    keyframe: bool


class Fragments:
    """Turns packets, from a keyframe on, into an Opening and pictures, and again where they change.

    Times begin with 0 at each Opening. Raises BadMedia for what is no H.264 or HEVC.
    """

    def __init__(self) -> None:
        self._stream: Stream | None = None
        self._units = Units("h264", b"")
        self._sets: list[bytes] = []
        self._number, self._last, self._shift = 0, 0, 0

    def add(self, one: Offered) -> Iterator[Opening | Picture]:
        """What a packet makes: nothing before the first keyframe."""
        if one.keyframe:
            yield from self._open(one)
        if self._sets:
            _, units = self._units.of(one.data)
            if units:
                yield Picture(self._fragment(one, measured(units)), one.keyframe)

    def _open(self, one: Offered) -> Iterator[Opening]:
        changed = one.stream != self._stream
        if changed:
            if one.stream.codec not in _CODECS:
                raise BadMedia(f"{one.stream.codec} cannot be shown live")
            self._stream, self._units = one.stream, Units(one.stream.codec, one.stream.extradata)
        sets, units = self._units.of(one.data)
        sets = sets or self._units.sets
        if changed or sets != self._sets:
            self._sets = sets
            self._number, self._last, self._shift = 0, 0, -one.dts_90k
            yield _opening(one.stream.codec, started(sets + units))

    def _fragment(self, one: Offered, sample: bytes) -> bytes:
        decoded = self._decoded(one.dts_90k)
        late = min(max(one.pts_90k - one.dts_90k, 0), _JUMP)
        self._number += 1
        return moof(self._number, decoded, late, len(sample), keyframe=one.keyframe) + sample

    def _decoded(self, dts_90k: int) -> int:
        """Times that rise by no more than a player follows, whatever the camera's clock does."""
        time = dts_90k + self._shift
        if not -_JUMP < time - self._last < _JUMP:
            self._shift += self._last + 1 - time
            time = self._last + 1
        self._last = max(time, self._last + 1) if self._number else time
        return self._last


def moof(number: int, decoded: int, late: int, size: int, *, keyframe: bool) -> bytes:
    """The boxes before a sample's bytes: moof, and the head of its mdat.

    `decoded` and `late` (by how much it is shown later) are in 1/90,000 s.
    """
    flags = _SYNC if keyframe else _NOT_SYNC
    return _MOOF.pack(
        *(_MOOF_BYTES, b"moof", 16, b"mfhd", 0, number, _TRAF_BYTES, b"traf"),
        *(16, b"tfhd", _BASE_IS_MOOF, 1, 20, b"tfdt", _WIDE, decoded),
        *(36, b"trun", _DURATION_SIZE_FLAGS_OFFSET, 1, _MOOF_BYTES + 8),
        *(_LENGTH, size, flags, late, size + 8, b"mdat"),
    )


def is_keyframe(fragment: bytes) -> bool:
    """Whether a fragment made here begins with a keyframe."""
    flags: int = struct.unpack_from(">I", fragment, _FLAGS_AT)[0]
    return not flags & 0x10000


def _opening(codec: str, data: bytes) -> Opening:
    out = io.BytesIO()
    try:
        with (
            av.open(io.BytesIO(data), format=codec) as source,
            av.open(out, "w", format="mp4", options=_MOVFLAGS) as file,
        ):
            stream = file.add_stream_from_template(source.streams.video[0], opaque=True)
            if codec == "hevc":
                stream.codec_context.codec_tag = "hvc1"
            stream.time_base = Fraction(1, _90K)
            file.start_encoding()
    except (av.FFmpegError, IndexError):
        raise BadMedia("its parameter sets cannot be read") from None
    init = out.getvalue()
    known = read_init(init)
    mime = f'video/mp4; codecs="{known.mime_codecs}"'
    told = {"mime": mime, "width": known.width, "height": known.height}
    return Opening(json.dumps(told), init)
