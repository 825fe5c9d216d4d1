"""The controls that picamera2 and Livecam touch."""

from __future__ import annotations

from enum import Enum
from types import SimpleNamespace

from ._libcamera import ControlId, ControlInfo, ControlType, Rectangle

ExposureTime = ControlId("ExposureTime", ControlType.Integer32)
ExposureTimeMode = ControlId("ExposureTimeMode", ControlType.Integer32)
AnalogueGain = ControlId("AnalogueGain", ControlType.Float)
AnalogueGainMode = ControlId("AnalogueGainMode", ControlType.Integer32)
FrameDurationLimits = ControlId("FrameDurationLimits", ControlType.Integer64)
NoiseReductionMode = ControlId("NoiseReductionMode", ControlType.Integer32)
ScalerCrop = ControlId("ScalerCrop", ControlType.Rectangle)
SensorTimestamp = ControlId("SensorTimestamp", ControlType.Integer64)


class _NoiseReduction(Enum):
    Fast = 1
    HighQuality = 2
    Minimal = 3


draft = SimpleNamespace(NoiseReductionModeEnum=_NoiseReduction)

# Of a camera module 3, whose fastest mode has 120 pictures a second.
OFFERED = {
    ExposureTime: ControlInfo(1, 66_666, 20_000),
    AnalogueGain: ControlInfo(1.0, 16.0, 1.0),
    FrameDurationLimits: ControlInfo(8_333, 1_000_000, 33_333),
    NoiseReductionMode: ControlInfo(0, 4, 0),
    ScalerCrop: ControlInfo(*[Rectangle(0, 0, 4608, 2592)] * 3),
}
