"""Segments and gaps, and the one place that spells their names and keys.

A segment's file is `<camera>_<YYYYMMDD>_<HHMMSS>.<mmm>Z_<16 hex digits>.mp4`, its key
`videos/<camera>/<YYYY-MM-DD>/<file name>`; the digits begin its SHA-256 (C1).
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from edge.clock import to_day, to_ms, to_utc
from edge.errors import BadName

NAME_PATTERN = r"^[a-z0-9][a-z0-9-]{0,62}$"
VIDEOS = "videos/"
SUFFIX = ".mp4"
FALLBACK = "fallback "  # begins the source of what a stand-in recorded

_NAME = re.compile(NAME_PATTERN)
_FILE = re.compile(
    r"([a-z0-9][a-z0-9-]{0,62})_([0-9]{8})_([0-9]{6})\.([0-9]{3})Z_([0-9a-f]{16})\.mp4"
)

Name = Annotated[str, StringConstraints(pattern=NAME_PATTERN)]
Boot = Annotated[str, StringConstraints(max_length=64)]
Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class SegmentName(NamedTuple):
    """What a segment's file name tells."""

    camera: str
    start_ms: int
    digest16: str

    @property
    def id(self) -> str:
        """The row's id: the file name without its suffix."""
        when = to_utc(self.start_ms)
        stamp = f"{when:%Y%m%d_%H%M%S}.{self.start_ms % 1000:03d}Z"
        return f"{self.camera}_{stamp}_{self.digest16}"

    @property
    def file(self) -> str:
        return self.id + SUFFIX

    @property
    def key(self) -> str:
        return f"{VIDEOS}{self.camera}/{to_day(self.start_ms)}/{self.file}"

    @classmethod
    def from_file(cls, name: str) -> SegmentName:
        """Parse a file name. Raises BadName for anything that `file` would not print."""
        found = _FILE.fullmatch(name)
        if not found:
            raise BadName(f"not a segment's file name: {name!r}")
        camera, day, time, ms, digest16 = found.groups()
        try:
            second = datetime.strptime(day + time, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
        except ValueError:
            raise BadName(f"no such time in a segment's file name: {name!r}") from None
        return cls(camera, to_ms(second) + int(ms), digest16)

    @classmethod
    def from_key(cls, key: str) -> SegmentName:
        """Parse an object key. Raises BadName for anything that `key` would not print."""
        name = cls.from_file(key.rsplit("/", 1)[-1])
        if name.key != key:
            raise BadName(f"not a segment's object key: {key!r}", key=key)
        return name


def check_name(name: str, what: str = "camera") -> str:
    """Return a camera's or node's name, or raise BadName saying what is allowed."""
    if not _NAME.fullmatch(name):
        raise BadName(
            f"{what} name {name!r} is not allowed",
            hint="Use up to 63 of a-z, 0-9 and '-', beginning with a letter or digit",
        )
    return name


class Fragment(NamedTuple):
    """One `moof` + `mdat` of a segment's file; a row of the fragment index."""

    offset_bytes: int
    size_bytes: int
    pts: int  # of its earliest picture, in the segment's time_scale, from 0
    keyframe: bool  # its first picture is one
    crc32: int


class Origin(StrEnum):
    """How footage came to be; imported footage stands outside E3."""

    RECORDED = "recorded"
    IMPORTED = "imported"


class Segment(BaseModel):
    """A sealed segment: sidecar, receipt line and catalogue row all speak of this.

    `media_ms` is by PTS, for playback; `wall_ms` by the monotonic clock, from this start to
    the next, for the account (E3). `fragments` cover the file from its first `moof` on;
    what precedes `fragments[0].offset_bytes` is the init section (`ftyp` + `moov`).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    camera: Name
    node: Name
    start_ms: int = Field(ge=0)
    media_ms: int = Field(ge=0)
    wall_ms: int = Field(ge=0)
    size_bytes: int = Field(gt=0)
    sha256: Digest
    codec: str  # ffmpeg's name: h264, hevc
    mime_codecs: str  # RFC 6381, audio included: avc1.64001f,mp4a.40.2
    width: int = Field(gt=0)
    height: int = Field(gt=0)
    fps: float = Field(ge=0)
    audio: str | None = None
    time_scale: int = Field(gt=0)  # of the video track, ticks a second
    fragments: tuple[Fragment, ...] = ()
    origin: Origin = Origin.RECORDED
    rung: str = ""  # "720p 4000k" where it was encoded here; "main" or "sub" of two streams
    # The camera's kind: rtsp, clip, scene, import, `fallback scene`; never an address.
    source: str = ""
    boot_id: str = ""
    monotonic_ms: int = 0
    # Whether NTP stood for the clock that named it; None where that was not told.
    synchronised: bool | None = None
    recovered: bool = False  # cut back from a torn .part
    # A character for each second from its start on, of `edge.modes.activity.LEVELS`; "": not known.
    activity: Annotated[str, StringConstraints(pattern=r"^[0-9a-z]{0,1000}$")] = ""

    @property
    def name(self) -> SegmentName:
        return SegmentName(self.camera, self.start_ms, self.sha256[:16])

    @property
    def id(self) -> str:
        return self.name.id

    @property
    def key(self) -> str:
        return self.name.key

    @property
    def end_ms(self) -> int:
        return self.start_ms + self.wall_ms

    @property
    def fallback(self) -> bool:
        """Whether it shows a stand-in, because the camera could not be opened."""
        return self.source.startswith(FALLBACK)


class Cause(StrEnum):
    """Why a second was not recorded."""

    CAMERA_UNREACHABLE = "camera_unreachable"
    CAMERA_FROZEN = "camera_frozen"
    WAITING_KEYFRAME = "waiting_keyframe"
    RECORDER_DOWN = "recorder_down"
    NODE_DOWN = "node_down"
    DISK_FULL_DROPPED = "disk_full_dropped"
    NOT_WANTED = "not_wanted"
    QUARANTINED = "quarantined"
    LOST_IN_STORE = "lost_in_store"
    CLOCK_JUMP = "clock_jump"
    DISABLED = "disabled"


class Gap(BaseModel):
    """A stretch of a camera's time without footage, and why (E3).

    `monotonic_ms` is its end in boot `boot_id`. Where it began in another boot, that is told by
    `from_*`; else it began as much earlier as it lasts, but for a clock_jump, which takes no time.
    None of it is known of some gaps.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    camera: Name
    node: Name
    start_ms: int = Field(ge=0)
    end_ms: int = Field(ge=0)
    cause: Cause
    detail: str = ""
    boot_id: Boot = ""
    monotonic_ms: int | None = None
    from_boot_id: Boot = ""
    from_monotonic_ms: int | None = None

    @property
    def id(self) -> str:
        return f"{self.camera}_{self.start_ms}_{self.end_ms}_{self.cause}"
