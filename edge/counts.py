"""What a camera's process counts, and how it tells its supervisor."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

BEAT = "."


class Pulse(NamedTuple):
    """Counts since the process began, as they were at a monotonic time of this machine."""

    at_ms: int
    pictures: int
    bytes: int
    lost: int  # packets that never came, or that nobody had room for

    def to_line(self) -> str:
        """A heartbeat's line, without its end."""
        return BEAT + " ".join(map(str, self))

    @classmethod
    def from_line(cls, line: str) -> Pulse:
        """Raises ValueError for what is no such line."""
        at_ms, pictures, size, lost = (int(word) for word in line.removeprefix(BEAT).split())
        return cls(at_ms, pictures, size, lost)


@dataclass(slots=True)
class Counts:
    """One camera's, added to a few times a second.

    `lost` is by who lost them: a connection, or a subscriber that was too slow.
    """

    pictures: int = 0
    bytes: int = 0
    lost: dict[str, int] = field(default_factory=dict)

    def pulse(self, at_ms: int) -> Pulse:
        return Pulse(at_ms, self.pictures, self.bytes, sum(self.lost.values()))
