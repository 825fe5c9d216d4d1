"""Stands in for the display's bindings, which picamera2 imports: no screen is used."""

from __future__ import annotations

from types import SimpleNamespace

PixelFormat = SimpleNamespace(
    **dict.fromkeys(["RGB888", "BGR888", "XRGB8888", "XBGR8888", "YUV420", "YVU420", "NV12"], 0)
)
