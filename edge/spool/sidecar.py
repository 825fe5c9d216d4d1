"""A sealed segment's sidecar: its facts as JSON, the last of them their own checksum.

A digit that flipped in valid JSON is valid JSON: without the checksum it would travel as a fact.
"""

from __future__ import annotations

import hashlib

from edge.segment import Segment

_MARK = b',"checksum":"'
_DIGITS = 16


def to_bytes(segment: Segment) -> bytes:
    """As it is written beside the MP4."""
    facts = segment.model_dump_json().encode()
    return facts[:-1] + _MARK + _checksum(facts) + b'"}'


def from_bytes(data: bytes) -> Segment:
    """Parse a sidecar, one from before there were checksums too. Raises ValueError."""
    facts, mark, rest = data.rpartition(_MARK)
    if not mark:
        return Segment.model_validate_json(data)
    facts += b"}"
    if rest != _checksum(facts) + b'"}':
        raise ValueError("its checksum is another's")
    return Segment.model_validate_json(facts)


def _checksum(facts: bytes) -> bytes:
    return hashlib.sha256(facts).hexdigest()[:_DIGITS].encode()
