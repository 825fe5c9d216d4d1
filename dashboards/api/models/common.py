"""Words that all answers share."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from edge.segment import NAME_PATTERN

CameraName = Annotated[str, Field(pattern=NAME_PATTERN, examples=["gate"])]
Moment = Annotated[
    str, Field(json_schema_extra={"format": "date-time"}, examples=["2026-11-01T10:00:00.000Z"])
]
Bytes = Annotated[int, Field(ge=0, description="In bytes.")]
Next = Annotated[
    str | None, Field(description="The next page's `cursor`; null where this is the last.")
]


class Answer(BaseModel):
    """An answer has these fields and no others."""

    model_config = ConfigDict(extra="forbid")


class Problem(BaseModel):
    """What is wrong and the way out, as RFC 9457 tells it."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "examples": [
                {
                    "title": "Bad Request",
                    "status": 400,
                    "detail": "to: must be after from",
                    "parameter": "to",
                }
            ]
        },
    )

    title: str
    status: int
    detail: str
    hint: str | None = None


def answers(
    model: type[BaseModel], description: str = "Successful Response"
) -> dict[int | str, Any]:
    """`responses=` of a route that makes its own JSON: looking at each value takes too long."""
    return {200: {"model": model, "description": description}}
