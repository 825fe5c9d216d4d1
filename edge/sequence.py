"""The sequence parameter sets of a live stream: they say when its picture becomes another."""

from __future__ import annotations

from typing import Any

import av

_HEAD_BYTES = 512
_SPS = {"h264": (7, 0x1F, 0), "hevc": (33, 0x3F, 1)}  # NAL type, its mask, its shift


class Sequence:
    """The sets that a stream's keyframes brought so far."""

    def __init__(self, codec: str) -> None:
        self._codec = codec
        self._sets: frozenset[bytes] = frozenset()

    def changed_by(self, keyframe: av.Packet[Any]) -> bool:
        """Whether a keyframe brings other sets than those before it did."""
        sets = sequence_sets(bytes(memoryview(keyframe)[:_HEAD_BYTES]), self._codec)
        changed = bool(self._sets and sets - self._sets)
        self._sets |= sets
        return changed


def sequence_sets(head: bytes, codec: str) -> frozenset[bytes]:
    """Those among the NAL units (Annex B) that a packet begins with; `codec` h264 or hevc."""
    if codec not in _SPS or head[:3] not in {b"\0\0\1", b"\0\0\0"}:
        return frozenset()
    kind, mask, shift = _SPS[codec]
    # The last one may be cut off; some cameras send a set twice.
    units = head.split(b"\0\0\1")[1:-1]
    return frozenset(u.rstrip(b"\0") for u in units if u and u[0] >> shift & mask == kind)
