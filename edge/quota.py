"""How much a spool may hold, what of it is a camera's, and what gives way at the end.

Values and decisions only: `edge.spool.room` acts on them.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from enum import StrEnum
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from edge.values import Section, Size, size_bytes

LEAST_RESERVE_BYTES = 1_000_000
FIRST_RESERVE_BYTES = 256 << 10  # of a spool that nothing was recorded in yet
DEFAULT_RESERVE_BYTES = 4_000_000  # a thousand gaps of a block each
_PART = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*%")
# Of a small quota or share, what is kept free for the next segment is no more than this part.
NEXT = 8


_NO_AMOUNT = "not an amount: {!r}; write 200GB, 500MB or 25%"


class WhenFull(StrEnum):
    """What happens when the spool may hold no more."""

    LOWER = "lower"  # the ladder goes down while there is time; then as OLDEST
    OLDEST = "oldest"  # the oldest goes, quality stays
    STOP = "stop"  # recording stops; what waits is kept


class Amount(BaseModel):
    """So many bytes, or a part of a whole: written `200GB` or `80%`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    size_bytes: int = 0
    part: float = Field(default=0, ge=0, le=1)

    @model_validator(mode="before")
    @classmethod
    def _parse(cls, value: Any) -> Any:
        if isinstance(value, Mapping | Amount):
            return value
        found = _PART.fullmatch(str(value).strip())
        part = float(found[1]) / 100 if found else 0.0
        if part > 1:
            raise ValueError(f"{value} is more than there is")
        whole = 0 if found else _size(value)
        if not part and not whole:
            raise ValueError(_NO_AMOUNT.format(value))
        return {"part": part, "size_bytes": whole}

    def of(self, whole_bytes: int) -> int:
        """In bytes, of a whole of so many."""
        return self.size_bytes or round(self.part * whole_bytes)


def _reserve(size_bytes: int) -> int:
    if size_bytes < LEAST_RESERVE_BYTES:
        raise ValueError("a reserve for gap records is 1MB at least")
    return size_bytes


def _size(value: object) -> int:
    try:
        return size_bytes(value)
    except ValueError:
        raise ValueError(_NO_AMOUNT.format(value)) from None


class SpoolSettings(Section):
    """`spool:`, and a node's own; how much may wait on a node, and what gives way."""

    quota: Amount | None = None  # of the disk, where it is a part; None: all but 64 MB
    reserve: Annotated[Size, AfterValidator(_reserve)] = DEFAULT_RESERVE_BYTES
    when_full: WhenFull = WhenFull.LOWER

    def policy(self, shares: Mapping[str, Amount | None]) -> Policy:
        """For a spool with such shares of its cameras."""
        return Policy(
            quota=self.quota, reserve_bytes=self.reserve, when_full=self.when_full, shares=shares
        )


class Policy(BaseModel):
    """A spool's. `shares` names its cameras; None where a camera has no share of its own."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    quota: Amount | None = None  # a part is one of the disk; None: all that the disk has
    reserve_bytes: int = DEFAULT_RESERVE_BYTES
    when_full: WhenFull = WhenFull.LOWER
    shares: Mapping[str, Amount | None] = {}

    def share_bytes(self, camera: str, whole_bytes: int) -> int | None:
        """The most that a camera may hold of a spool that may hold so much; None: no limit.

        Where nothing is dropped a flood would stop all others (E5): there each has a part.
        """
        share = self.shares.get(camera)
        if share is not None:
            return share.of(whole_bytes)
        return self._equal(whole_bytes, {camera}) if self.when_full is WhenFull.STOP else None

    def payers(
        self,
        droppable: Mapping[str, int],
        held: Mapping[str, int],
        taker: tuple[str, int] | None,
        whole: int,
        *,
        himself: bool = True,
    ) -> list[str]:
        """Whose oldest may go, who holds most against what is theirs first.

        The taker counts with what he asks for. Who keeps to his share pays for nobody but
        `himself` while another is above his, and never for one who holds more: a camera that
        floods lives on its own (E5).
        """
        camera, need_bytes = taker or (None, 0)
        if camera is not None:
            held = {**held, camera: held.get(camera, 0) + need_bytes}
        parts = self._parts(held, whole)
        ranked = sorted(parts, key=lambda one: (-parts[one], one))
        asked = parts[camera] if camera is not None else 0.0
        least = max(1.0, asked) if any(part > 1 for part in parts.values()) else asked
        return [
            one
            for one in ranked
            if droppable.get(one) and (parts[one] >= least or (himself and one == camera))
        ]

    def _parts(self, held: Mapping[str, int], whole: int) -> dict[str, float]:
        """What each camera holds of its share."""
        equal = self._equal(whole, held)
        return {
            camera: held.get(camera, 0) / max(1, equal if share is None else share.of(whole))
            for camera in {*self.shares, *held}
            for share in (self.shares.get(camera),)
        }

    def _equal(self, whole: int, beside: Collection[str]) -> int:
        """The part of a camera that has no share of its own: of what those with one leave."""
        cameras = {*self.shares, *beside}
        own = [share.of(whole) for share in self.shares.values() if share is not None]
        left = whole - sum(own)
        if left <= 0 or len(own) == len(cameras):
            return whole // max(1, len(cameras))
        return left // (len(cameras) - len(own))


def over(held_bytes: int, most_bytes: int, next_bytes: int) -> int:
    """By how much a limit is passed when the next segment is to fit below it; at least 0."""
    return max(0, held_bytes + min(next_bytes, most_bytes // NEXT) - most_bytes)
