"""What a camera's process does now, beside its counts: told with a heartbeat when it changed."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from edge.modes.plan import Mode

MARK = "="  # begins the line that tells it

Text = Annotated[str, StringConstraints(max_length=300)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Encoding(_Part):
    """The encoder in use, and why each before it on the list of candidates fell, in order."""

    name: Text
    width: Annotated[int, Field(ge=0, lt=1 << 20)]
    height: Annotated[int, Field(ge=0, lt=1 << 20)]
    fell: Annotated[dict[Text, Text], Field(max_length=16)] = {}


class Doing(_Part):
    """`rung` is of the ladder ("720p 4000k") or of two streams ("main", "sub"), "" of neither.

    `mode` is the one of this hour. `fallback`: a stand-in is recorded, since the camera could not
    be opened.
    """

    mode: Mode = Mode.CONTINUOUS
    rung: Text = ""
    fallback: bool = False
    encoding: Encoding | None = None

    @property
    def rests(self) -> bool:
        """Whether it may be right that nothing new is recorded."""
        return self.mode is not Mode.CONTINUOUS

    def to_line(self) -> str:
        return MARK + self.model_dump_json()

    @classmethod
    def from_line(cls, line: str) -> Doing:
        """Raises ValueError for what is no such line."""
        return cls.model_validate_json(line.removeprefix(MARK))


class Now:
    """What one process does, set by whoever decides it; threads may ask."""

    def __init__(self) -> None:
        self.doing = Doing()
        self._fell: dict[tuple[int, int], dict[str, str]] = {}

    def change(
        self, *, rung: str | None = None, fallback: bool | None = None, mode: Mode | None = None
    ) -> None:
        """Set what is given, and leave the rest."""
        given = {"rung": rung, "fallback": fallback, "mode": mode}
        update = {name: value for name, value in given.items() if value is not None}
        self.doing = self.doing.model_copy(update=update)

    def chosen(self, width: int, height: int, fell: dict[str, str]) -> None:
        """Remember why others are not used for pictures of this size."""
        self._fell[width, height] = {name[:300]: reason[:300] for name, reason in fell.items()}

    def encodes(self, name: str, width: int, height: int, rung: str) -> None:
        """An encoder was opened."""
        fell = self._fell.get((width, height), {})
        encoding = Encoding(name=name, width=width, height=height, fell=fell)
        self.doing = self.doing.model_copy(update={"rung": rung, "encoding": encoding})

    def forget(self, rung: str = "") -> None:
        """Nothing is encoded here any more."""
        self.doing = self.doing.model_copy(update={"rung": rung, "encoding": None})
