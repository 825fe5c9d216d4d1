"""What an object's own metadata tells of its segment: enough to make its row again."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import ValidationError

from edge.errors import BadClaim
from edge.segment import Segment

CONTENT_TYPE = "video/mp4"

# The fragment index is in the file itself; a store carries 2 KB of ASCII and no more.
_LEFT_OUT = {"fragments"}


def to_metadata(segment: Segment) -> dict[str, str]:
    """Every field but the fragments, as header names and ASCII values."""
    fields = segment.model_dump(mode="json", exclude=_LEFT_OUT, exclude_defaults=True)
    return {name.replace("_", "-"): _text(value) for name, value in fields.items()}


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def from_metadata(metadata: Mapping[str, str], key: str) -> Segment:
    """The segment that an object's metadata tells of, without fragments.

    Raises BadClaim when it tells of none, or of another than `key`.
    """
    fields = {name.replace("-", "_"): value for name, value in metadata.items()}
    known = {name: value for name, value in fields.items() if name in Segment.model_fields}
    try:
        segment = Segment.model_validate_strings({**known})
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise BadClaim(
            f"its metadata tells of no segment: {where}: {first['msg']}", key=key
        ) from None
    if segment.key != key:
        raise BadClaim(f"its metadata tells of {segment.key}", key=key)
    return segment


def disagreement(segment: Segment, metadata: Mapping[str, str]) -> str | None:
    """The first field in which an object's metadata contradicts a segment; None for none."""
    told = to_metadata(segment)
    for name in sorted(told.keys() & metadata.keys()):
        if told[name] != metadata[name]:
            return f"{name} is {metadata[name]!r} on the object and {told[name]!r} in the claim"
    return None
