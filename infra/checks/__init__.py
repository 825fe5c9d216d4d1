"""What `livecam doctor` looks at: each check tells what it saw, and the way out."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """`warn` is for what works today and may not tomorrow, or is not started."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Check:
    """One finding. `way_out` is what a person can do; None where nothing is needed."""

    name: str
    level: Level
    told: str
    way_out: str | None = None


def ok(name: str, told: str) -> Check:
    return Check(name, Level.OK, told)


def warn(name: str, told: str, way_out: str | None = None) -> Check:
    return Check(name, Level.WARN, told, way_out)


def fail(name: str, told: str, way_out: str | None = None) -> Check:
    return Check(name, Level.FAIL, told, way_out)
