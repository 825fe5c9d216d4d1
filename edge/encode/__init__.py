"""Encoding for sources of pictures: which encoder, at which rung of the ladder, and why."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

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


def _software(codec: str, _width: int, _height: int, _fps: int) -> str:
    return SOFTWARE[codec]


@dataclass(frozen=True, slots=True)
class Means:
    """What a source of pictures is handed beside its settings.

    `choose(codec, width, height, fps)` names the encoder to use.
    """

    choose: Callable[[str, int, int, int], str] = _software
    conditions: Callable[[], Conditions] = Conditions
