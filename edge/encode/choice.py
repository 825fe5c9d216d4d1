"""Which encoder is used here, and why the others fell: found once a boot, kept in a file."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import av
from pydantic import BaseModel, ConfigDict, ValidationError

from edge.clock import Clock
from edge.durable import write_file
from edge.encode import CANDIDATES, SOFTWARE
from edge.errors import MissingPart

Prove = Callable[[str, int, int, int], str | None]


class Choice(BaseModel):
    """An encoder that was seen to work; `fell` says why each before it did not, in order."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    codec: str
    width: int
    height: int
    fps: int
    name: str
    fell: dict[str, str]
    made_by: str  # libav's version and the boot: drivers come and go with either

    def told(self) -> str:
        """In a line, for people."""
        why = "; ".join(f"{name}: {reason}" for name, reason in self.fell.items())
        return f"{self.name} for {self.width}x{self.height}" + (f" ({why})" if why else "")


class Choices:
    """Choices kept in `folder`, by codec and size. Processes may share it: all find the same."""

    def __init__(self, folder: Path, clock: Clock, prove: Prove | None = None) -> None:
        self._folder, self._prove = folder, prove
        self._made_by = f"{av.ffmpeg_version_info} {clock.boot_id()}"

    def name(self, codec: str, width: int, height: int, fps: int) -> str:
        """The encoder to use. Raises MissingPart where not even the processor's works."""
        return self.choose(codec, width, height, fps).name

    def choose(self, codec: str, width: int, height: int, fps: int) -> Choice:
        """The first candidate that works; what was found since the machine started is believed."""
        path = self._folder / f"encoder-{codec}-{width}x{height}-{fps}.json"
        with suppress(OSError, ValidationError):
            kept = Choice.model_validate_json(path.read_bytes())
            if kept.made_by == self._made_by:
                return kept
        choice = self.find(codec, width, height, fps)
        with suppress(OSError):  # a full disk costs the next start a second look, no more
            self._folder.mkdir(parents=True, exist_ok=True)
            write_file(path, choice.model_dump_json(indent=1).encode())
        return choice

    def find(self, codec: str, width: int, height: int, fps: int) -> Choice:
        """The same, each candidate tried now and nothing kept."""
        from edge.encode.prove import why_not  # numpy, which cameras of packets do without

        prove, fell = self._prove or why_not, dict[str, str]()
        for name in CANDIDATES[codec]:
            reason = prove(name, width, height, fps)
            if reason is None:
                return Choice(
                    codec=codec,
                    width=width,
                    height=height,
                    fps=fps,
                    name=name,
                    fell=fell,
                    made_by=self._made_by,
                )
            fell[name] = reason
        raise MissingPart(f"no encoder of {codec} works here", hint=f"{fell[SOFTWARE[codec]]}")
