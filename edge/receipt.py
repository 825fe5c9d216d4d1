"""Receipts: a node's claim of what it stored and what it missed.

A receipt is JSON lines, one `Line` each, stored once as `inbox/<node>/<name>.jsonl`.
"""

from __future__ import annotations

import hashlib
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from edge.clock import to_utc
from edge.errors import BadClaim
from edge.segment import Gap, Segment

INBOX = "inbox/"


class _Line(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Stored(_Line):
    """The segment's object is in the store under `key`.

    `unconfirmed`: a repeated create found the name taken; the hub compares digests (E2).
    """

    kind: Literal["segment"] = "segment"
    key: str
    unconfirmed: bool = False
    segment: Segment


class Missed(_Line):
    """A stretch of time without footage."""

    kind: Literal["gap"] = "gap"
    gap: Gap


class LawCheck(_Line):
    """What a node's own audit found of one law."""

    checked: int
    broken: int
    keys: tuple[str, ...] = ()


class Report(_Line):
    """A node's audit of the laws whose evidence lies in its spool."""

    kind: Literal["report"] = "report"
    node: str
    at_ms: int
    laws: dict[str, LawCheck]


Line = Stored | Missed | Report
_LINES: TypeAdapter[Line] = TypeAdapter(Annotated[Line, Field(discriminator="kind")])


def to_bytes(lines: list[Line]) -> bytes:
    """JSON lines, in the order given."""
    return b"".join(line.model_dump_json().encode() + b"\n" for line in lines)


def from_bytes(data: bytes, key: str) -> list[Line]:
    """Parse a receipt. Raises BadClaim naming the first line that is not one."""
    lines: list[Line] = []
    for number, raw in enumerate(data.splitlines(), 1):
        try:
            lines.append(_LINES.validate_json(raw))
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            where = ".".join(str(part) for part in first["loc"])
            raise BadClaim(f"line {number}, {where}: {first['msg']}", key=key) from None
    return lines


def key_for(node: str, data: bytes, now_ms: int) -> str:
    """Where a receipt goes: its time, so that listing is in order, and its digest."""
    stamp = f"{to_utc(now_ms):%Y%m%dT%H%M%S}{now_ms % 1000:03d}"
    return f"{INBOX}{node}/{stamp}-{hashlib.sha256(data).hexdigest()[:16]}.jsonl"


def node_of(key: str) -> str:
    """Whose inbox a receipt's key stands in; the store's policy vouches for it (A1)."""
    return key.removeprefix(INBOX).split("/", 1)[0]
