"""What a node tells its gateway every few seconds, and what it hears back."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from edge.health import Health
from edge.report import MOST_CAMERAS, CameraReport, Count
from edge.segment import Name

EVERY_S = 5.0
DOWN_AFTER_MS = 15_000  # a node that missed two is down
MOST_BYTES = 256 << 10  # of a beat

Text = Annotated[str, Field(max_length=300)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Applied(_Part):
    """The configuration that a node records by.

    `version` is the hub's number of it, None where it is not known to be one of the hub's;
    `trouble` is why a newer one is not in force.
    """

    version: Count | None = None
    trouble: Text | None = None


class Beat(_Part):
    """One heartbeat.

    `health` and `room_bytes` (what the spool may still take) are None where no recorder runs.
    `segments` and `bytes` wait for upload. `port` is where the node serves its cameras' pictures,
    `order` the last of the hub's orders that was carried out.
    """

    version: Text
    at_ms: Count
    health: Health | None = None
    cameras: Annotated[dict[Name, CameraReport], Field(max_length=MOST_CAMERAS)] = {}
    room_bytes: Count | None = None
    segments: Count = 0
    bytes: Count = 0
    config: Applied = Applied()
    port: Annotated[int, Field(ge=1, le=65_535)] | None = None
    order: Count = 0


class Order(_Part):
    """Something that a node is to do once: record a camera no more, or again."""

    number: Count
    camera: Name
    paused: bool


class Answer(_Part):
    """What a beat is answered.

    `config_version` is the newest of the hub's, which `config_digest` (SHA-256 of the hub's file)
    tells a node that reads that very file. `token` is what the gateway will show to the node's
    server.
    """

    config_version: Count
    config_digest: Text
    token: str = Field(repr=False, max_length=200)
    now_ms: Count
    orders: Annotated[tuple[Order, ...], Field(max_length=1_000)] = ()
