"""What a value of livecam.yaml may be: durations, sizes, places, sections of known keys."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from math import isfinite
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, model_validator

_DURATION = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*(ms|s|m|h|d)")
_SIZE = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*(MB|GB)")
_UNIT_MS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}


class Section(BaseModel):
    """A part of the configuration: frozen, typed, unknown keys refused with the nearest."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _known(cls, values: Any) -> Any:
        if isinstance(values, Mapping):
            found = unknown(values, cls.model_fields)
            if found is not None:
                raise ValueError(". ".join(found))
        return values


def unknown(keys: Iterable[str], known: Iterable[str]) -> tuple[str, str] | None:
    """What to say of the first key that is not known, and of the nearest that is."""
    allowed = list(known)
    for key in map(str, keys):
        if key in allowed:
            continue
        near = difflib.get_close_matches(key, allowed, n=1, cutoff=0.4)
        hint = f"Did you mean {near[0]!r}?" if near else f"Known: {', '.join(allowed)}"
        return f"unknown key {key!r}", hint
    return None


def kind_of(value: object) -> str:
    """What a value is; itself it may be a secret that stands in the wrong place (A2)."""
    return {str: "text", list: "a list", bool: "yes or no"}.get(type(value), "a number")


def _duration_ms(value: object) -> int:
    """`30s`, `2m`, `500ms`; a bare number is seconds."""
    if isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value):
        return round(value * 1_000)
    found = _DURATION.fullmatch(str(value).strip())
    if not found:
        raise ValueError(f"not a duration: {value!r}; write 30s, 2m or 1h")
    return round(float(found[1]) * _UNIT_MS[found[2]])


def size_bytes(value: object) -> int:
    """`400MB`, `1.5GB`; raises ValueError for what is none."""
    found = _SIZE.fullmatch(str(value).strip())
    if not found:
        raise ValueError(f"not a size: {value!r}; write 400MB or 1GB")
    return round(float(found[1]) * (1_000_000 if found[2] == "MB" else 1_000_000_000))


def _listen(text: object) -> object:
    """`host:port`, as a pair."""
    if not isinstance(text, str):
        return text
    host, _, port = text.rpartition(":")
    if not host or not port.isascii() or not port.isdigit() or not 0 < int(port) < 65_536:
        raise ValueError("write where to listen as host:port, such as 0.0.0.0:8000")
    return host, int(port)


Duration = Annotated[int, BeforeValidator(_duration_ms)]  # milliseconds
Size = Annotated[int, BeforeValidator(size_bytes)]  # bytes
Listen = Annotated[tuple[str, int], BeforeValidator(_listen)]  # host and port
