"""What a model is: all that is needed to open its file and to read its answers."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from edge.errors import BadModel
from flows.vision.weights import LARGEST_BYTES

DecoderName = Literal["fastestdet", "yolox", "yolov8"]
# A descriptor is read before anything of it is believed; 80 classes make 2 KB.
LARGEST_TEXT = 1_000_000
Label = Annotated[str, Field(min_length=1, max_length=100)]


class Model(BaseModel):
    """One model, known by its name and pinned by the SHA-256 (hex) of its weights.

    Its input is 1×3×`side`×`side`; `decoder` says how a picture goes in and what comes out;
    `classes` are the labels, in the order the network answers them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    file: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,120}\.(onnx|torchscript)$")
    size_bytes: int = Field(gt=0, le=LARGEST_BYTES)
    licence: str = Field(min_length=1, max_length=200)
    decoder: DecoderName
    side: int = Field(ge=32, le=4096)
    classes: tuple[Label, ...] = Field(min_length=1, max_length=10_000)
    url: str = ""

    def text(self) -> bytes:
        """The descriptor as it lies in a file, one spelling for one model."""
        return self.model_dump_json(indent=2).encode() + b"\n"


def parse(text: bytes, where: Path | str) -> Model:
    """The model that a descriptor tells of. Raises BadModel naming the descriptor."""
    try:
        return Model.model_validate_json(text)
    except ValidationError as error:
        raise BadModel(
            f"{Path(where).name} is no model's descriptor: {_first(error)}",
            path=where,
            hint="Remove the model and add it again",
        ) from None


def made(told: Mapping[str, Any], name: str) -> Model:
    """A model of what somebody says of it. Raises BadModel naming the model."""
    try:
        return Model.model_validate(told)
    except ValidationError as error:
        raise BadModel(f"model {name}: {_first(error)}") from None


def _first(error: ValidationError) -> str:
    found = error.errors(include_url=False, include_input=False)[0]
    at = ".".join(map(str, found["loc"]))
    return f"{at}: {found['msg']}" if at else str(found["msg"])


def other_bytes(path: Path, model: Model, digest: str) -> BadModel:
    """The error for a file that has another digest than its model."""
    return BadModel(
        f"{path.name} is not {model.name}: its SHA-256 is {digest}, not {model.sha256}",
        path=path,
        hint=f"Delete it; 'livecam models pull {model.name}' fetches it again",
    )
