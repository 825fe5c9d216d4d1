"""What livecam.yaml says of where a camera's pictures come from, and how many of them are kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from pydantic import model_validator

from edge.errors import BadSettings
from edge.values import Duration, Section, kind_of

_IP_CAMERAS = ("rtsp://", "rtsps://", "http://", "https://")

Entry = Mapping[str, Any]  # of `cameras:`


class LadderSettings(Section):
    """`record.ladder:`; when a camera moves down and up again, in milliseconds.

    Down where the spool would be full within `low`, up where it lasts `fair` for `patience`.
    """

    low: Duration = 3_600_000
    fair: Duration = 4 * 3_600_000
    patience: Duration = 120_000

    @model_validator(mode="after")
    def _apart(self) -> Self:
        # A rung halves the rate, which doubles what is left: nearer, it would go up and down.
        if self.fair < 2 * self.low:
            raise ValueError("fair must be twice low at least")
        return self


def source_of(name: str, entry: Entry) -> str:
    """`source`, which every camera has. Raises BadSettings."""
    source = entry.get("source")
    if not isinstance(source, str) or not source:
        raise BadSettings(
            "has no source",
            camera=name,
            hint="Write source: rtsp://…, clip:PATH or scene:",
        )
    return source


def sub_of(name: str, entry: Entry) -> str:
    """`sub`, the second stream of an IP camera; "" where there is none. Raises BadSettings."""
    sub = _text(name, entry, "sub")
    if sub and not all(one.startswith(_IP_CAMERAS) for one in (sub, source_of(name, entry))):
        raise BadSettings(
            "a sub stream goes with the main one of an IP camera",
            camera=name,
            hint="Write source: rtsp://… and sub: rtsp://…",
        )
    return sub


def fallback_of(name: str, entry: Entry) -> str:
    """The source of a stand-in, "" for none. Raises BadSettings.

    It is drawn, and nothing else: other footage could be taken for the camera's.
    """
    text = _text(name, entry, "fallback")
    if text and text.partition(":")[0] != "scene":
        raise BadSettings("its fallback can be scene only", camera=name, hint="Or leave it out")
    return "scene:" if text == "scene" else text


def _text(name: str, entry: Entry, key: str) -> str:
    value = entry.get(key)
    if not isinstance(value, str | None):
        raise BadSettings(f"its {key} must be text, not {kind_of(value)}", camera=name)
    return value or ""
