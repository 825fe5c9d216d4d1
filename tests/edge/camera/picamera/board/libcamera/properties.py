"""What a camera says of itself."""

from __future__ import annotations

from enum import Enum
from types import SimpleNamespace

from ._libcamera import ControlId, ControlType


class _ColorFilterArrangement(Enum):
    RGGB = 0
    MONO = 4


draft = SimpleNamespace(ColorFilterArrangementEnum=_ColorFilterArrangement)

TOLD: dict[ControlId, object] = {
    ControlId("Model", ControlType.String): "imx708",
    ControlId("Location", ControlType.Integer32): 2,
    ControlId("Rotation", ControlType.Integer32): 180,
    ControlId("ColorFilterArrangement", ControlType.Integer32): 0,
}
