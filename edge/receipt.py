"""Receipts: a node's claim of what it stored and what it missed.

A receipt is JSON lines, one `Line` each, stored once as `inbox/<node>/<name>.jsonl`. Beside
claims a node tells of itself: what its audit found, and how it is.
"""

from __future__ import annotations

import hashlib
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from edge.clock import to_utc
from edge.clocks.correction import Correction
from edge.errors import BadClaim
from edge.health import Health
from edge.quota import WhenFull
from edge.report import CameraReport
from edge.segment import Gap, Segment

INBOX = "inbox/"

# What a receipt may be at most. One line is some 2 MB at worst: a quarter of an hour in
# which each of sixty frames a second begins a fragment.
MOST_BYTES = 16 << 20
MOST_LINES = 1_000

Count = Annotated[int, Field(ge=0, lt=2**53)]
Rate = Annotated[float, Field(ge=0, lt=2**53)]


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


class Corrected(_Line):
    """What was learned of a boot's clock since its footage was named."""

    kind: Literal["correction"] = "correction"
    correction: Correction


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


class Waiting(_Line):
    """What waits for upload of one camera; `oldest_ms` is its oldest segment's start.

    `share_bytes`: the most that may wait of it, where it has a share; `bytes_per_s` is recorded.
    """

    segments: Count = 0
    bytes: Count = 0
    oldest_ms: int | None = None
    share_bytes: Count | None = None
    bytes_per_s: Rate = 0


class State(_Line):
    """How a node's spool and machine are: what pages show of a node elsewhere.

    `quota_bytes` is what the spool may hold in all before it drops its oldest, what waits
    included, and `when_full` what gives way then; `in_vain`: others took what was dropped last, and
    what waits is kept for a while; `bytes_per_s` is what its cameras record;
    `recording` how they fared within the last seconds, by the recorders that ran; `lag_ms` is how
    long what waits longest has waited. `uploaded_*` were stored during the `over_ms` before
    `at_ms`.
    """

    kind: Literal["state"] = "state"
    node: str
    at_ms: Count
    cameras: Annotated[dict[str, Waiting], Field(max_length=MOST_LINES)] = {}
    gaps: Count = 0
    free_bytes: Count
    quota_bytes: Count
    when_full: WhenFull = WhenFull.LOWER
    in_vain: bool = False
    bytes_per_s: Rate = 0
    lag_ms: Count = 0
    uploaded_segments: Count = 0
    uploaded_bytes: Count = 0
    over_ms: Count = 0
    health: Health
    recording: Annotated[dict[str, CameraReport], Field(max_length=MOST_LINES)] = {}

    @property
    def segments(self) -> int:
        return sum(waiting.segments for waiting in self.cameras.values())

    @property
    def bytes(self) -> int:
        return sum(waiting.bytes for waiting in self.cameras.values())

    @property
    def runway_ms(self) -> int | None:
        """How long the spool lasts while nothing can be uploaded; None where nothing records."""
        room = max(self.quota_bytes - self.bytes, 0)
        return round(room / self.bytes_per_s * 1_000) if self.bytes_per_s else None

    def runway_ms_of(self, camera: str) -> int | None:
        """The same of one camera, whose share may end before the spool does."""
        one = self.cameras.get(camera)
        if one is None or not one.bytes_per_s:
            return None
        if one.share_bytes is None:
            return self.runway_ms
        own_ms = round(max(one.share_bytes - one.bytes, 0) / one.bytes_per_s * 1_000)
        return own_ms if self.runway_ms is None else min(own_ms, self.runway_ms)


Line = Stored | Missed | Corrected | Report | State
_LINES: TypeAdapter[Line] = TypeAdapter(Annotated[Line, Field(discriminator="kind")])


def to_bytes(lines: list[Line]) -> bytes:
    """JSON lines, in the order given."""
    return b"".join(line.model_dump_json().encode() + b"\n" for line in lines)


def from_bytes(data: bytes, key: str) -> list[Line]:
    """Parse a receipt. Raises BadClaim naming what is too much, or the first line that is none."""
    if len(data) > MOST_BYTES:
        raise BadClaim(f"a receipt of more than {MOST_BYTES} bytes", key=key)
    if data.count(b"\n") > MOST_LINES:
        raise BadClaim(f"a receipt of more than {MOST_LINES} lines", key=key)
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
