"""Stands in for libcamera's Python bindings, and for the kernel's devices, on a drawn board.

`LIVECAM_BOARD` says which, as JSON: `Board` in `.board` has its fields. Everything above is the
real picamera2: this package has what it asks of libcamera, and no more.
"""

from __future__ import annotations

from . import _libcamera, controls, kernel, properties
from ._libcamera import (
    CameraConfiguration,
    ColorSpace,
    ControlType,
    FrameBuffer,
    FrameMetadata,
    Orientation,
    PixelFormat,
    Rectangle,
    Request,
    SensorConfiguration,
    Size,
    StreamRole,
    Transform,
)
from .camera import Camera, CameraManager

__all__ = [
    "Camera",
    "CameraConfiguration",
    "CameraManager",
    "ColorSpace",
    "ControlType",
    "FrameBuffer",
    "FrameMetadata",
    "Orientation",
    "PixelFormat",
    "Rectangle",
    "Request",
    "SensorConfiguration",
    "Size",
    "StreamRole",
    "Transform",
    "_libcamera",
    "controls",
    "properties",
]

kernel.install()
