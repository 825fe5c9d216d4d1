"""Encoding for sources of pictures: which encoder, at which rung of the ladder, and why."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from edge.doing import Now

SOFTWARE: Mapping[str, str] = {"h264": "libx264", "hevc": "libx265"}
CANDIDATES: Mapping[str, tuple[str, ...]] = {
    "h264": ("h264_v4l2m2m", "h264_nvenc", "h264_vaapi", "h264_qsv", "libx264"),
    "hevc": ("hevc_v4l2m2m", "hevc_nvenc", "hevc_vaapi", "hevc_qsv", "libx265"),
}


class Rung(NamedTuple):
    """A size and a bitrate; a picture keeps its shape, and none is made larger."""

    height: int
    kbps: int

    @property
    def name(self) -> str:
        """As a segment's metadata tells it."""
        return f"{self.height}p {self.kbps}k"

    def size_of(self, width: int, height: int) -> tuple[int, int]:
        """Width and height of a source's pictures here; even, as 4:2:0 asks."""
        if height <= self.height:
            return width & ~1, height & ~1
        return round(width * self.height / height / 2) * 2, self.height


LADDER = (Rung(1080, 8_000), Rung(720, 4_000), Rung(480, 2_000))


def ladder_of(height: int) -> tuple[Rung, ...]:
    """The rungs of a source so high, the best first; one at least, as high as the source."""
    lower = [rung for rung in LADDER if rung.height < height]
    best = LADDER[0]
    whole = Rung(height, best.kbps * height**2 // best.height**2)  # of more than 1080 lines
    return (next((rung for rung in reversed(LADDER) if rung.height >= height), whole), *lower)


class Conditions(NamedTuple):
    """What a rung depends on. None where nobody can tell, which is no reason to move."""

    runway_s: float | None = None  # how long the spool lasts while nothing is uploaded
    temperature_c: float | None = None


class Limits(NamedTuple):
    """Beyond `low…` and `high…` a rung is too much; within the others it is easily borne."""

    low_runway_s: float = 3_600
    # A rung halves the rate: less than twice the other would be up and down for ever.
    fair_runway_s: float = 4 * 3_600
    high_lag_s: float = 1.0
    fair_lag_s: float = 0.2
    # A Raspberry Pi throttles itself at 80 to 85 °C.
    high_c: float = 78
    fair_c: float = 70
    settle_ms: int = 10_000  # what a move down takes to show
    patience_ms: int = 120_000  # how long all must be fair before a move up


_LIMITS = Limits()


def _software(codec: str, _width: int, _height: int, _fps: int) -> str:
    return SOFTWARE[codec]


@dataclass(frozen=True, slots=True)
class Means:
    """What a source of pictures is handed beside its settings.

    `choose(codec, width, height, fps)` names the encoder to use; `now` is told which it is.
    """

    choose: Callable[[str, int, int, int], str] = _software
    conditions: Callable[[], Conditions] = Conditions
    limits: Limits = _LIMITS
    now: Now = field(default_factory=Now)
