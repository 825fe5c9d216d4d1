"""libcamera's values: sizes, formats, buffers, requests."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from enum import Enum, auto
from typing import Any, NamedTuple


class Size(NamedTuple):
    width: int
    height: int


class Rectangle:
    def __init__(self, x: int, y: int, width: int, height: int) -> None:
        self.x, self.y, self.width, self.height = x, y, width, height


class Transform:
    """Keys of a table by identity, as pybind11's are."""

    def __init__(
        self, other: Transform | None = None, hflip: int = 0, vflip: int = 0, transpose: int = 0
    ) -> None:
        self.hflip, self.vflip, self.transpose = bool(hflip), bool(vflip), bool(transpose)
        if other is not None:
            self.hflip, self.vflip = other.hflip, other.vflip
            self.transpose = other.transpose

    def __str__(self) -> str:
        return "identity"


class Orientation(Enum):
    Rotate0 = auto()
    Rotate0Mirror = auto()
    Rotate180 = auto()
    Rotate180Mirror = auto()
    Rotate90 = auto()
    Rotate90Mirror = auto()
    Rotate270 = auto()
    Rotate270Mirror = auto()


class ColorSpace:
    class YcbcrEncoding(Enum):
        Null = 0
        Rec601 = 1
        Rec709 = 2

    class Range(Enum):
        Full = 0
        Limited = 1

    def __init__(self, like: ColorSpace | str, transfer: str = "") -> None:
        self.primaries: str
        self.transferFunction: str
        if isinstance(like, ColorSpace):
            self.primaries, self.transferFunction = like.primaries, like.transferFunction
        else:
            self.primaries, self.transferFunction = like, transfer
        self.ycbcrEncoding, self.range = self.YcbcrEncoding.Rec709, self.Range.Limited

    def __str__(self) -> str:
        return self.primaries

    @staticmethod
    def Sycc() -> ColorSpace:
        return ColorSpace("rec709", "srgb")

    @staticmethod
    def Smpte170m() -> ColorSpace:
        return ColorSpace("smpte170m", "rec709")

    @staticmethod
    def Rec709() -> ColorSpace:
        return ColorSpace("rec709", "rec709")

    @staticmethod
    def Raw() -> ColorSpace:
        return ColorSpace("raw", "linear")


class PixelFormat:
    def __init__(self, name: str) -> None:
        self._name = name

    def __str__(self) -> str:
        return self._name


class StreamRole(Enum):
    Raw = auto()
    StillCapture = auto()
    VideoRecording = auto()
    Viewfinder = auto()


class ControlType(Enum):
    Integer32 = auto()
    Integer64 = auto()
    Float = auto()
    String = auto()
    Rectangle = auto()
    Size = auto()


class ControlId(NamedTuple):
    name: str
    type: ControlType


class ControlInfo(NamedTuple):
    min: Any
    max: Any
    default: Any


class SensorConfiguration:
    bit_depth = 0
    output_size = Size(0, 0)


class Stream:
    """What a request's buffers are found by."""

    configuration: StreamConfiguration


class RawFormats:
    """The modes of the sensor."""

    pixel_formats = (PixelFormat("SRGGB10"),)

    def sizes(self, _format: PixelFormat) -> list[Size]:
        return [Size(1536, 864), Size(2304, 1296), Size(4608, 2592)]


class StreamConfiguration:
    def __init__(self) -> None:
        self.size, self.pixel_format = Size(640, 480), PixelFormat("YUV420")
        self.buffer_count, self.stride, self.frame_size = 4, 0, 0
        self.color_space: ColorSpace | None = None
        self.formats = RawFormats()
        self.stream = Stream()
        self.stream.configuration = self

    def settle(self) -> None:
        """Rows end where the image processor wants them to: at whole 64 bytes of each plane."""
        assert str(self.pixel_format) == "YUV420", "only this is asked for here"
        self.stride = -(-self.size.width // 128) * 128
        self.frame_size = self.stride * self.size.height * 3 // 2


class CameraConfiguration:
    class Status(Enum):
        Valid = auto()
        Adjusted = auto()
        Invalid = auto()

    def __init__(self, count: int) -> None:
        self._streams = [StreamConfiguration() for _ in range(count)]
        self.orientation = Orientation.Rotate0
        self.sensor_config: SensorConfiguration | None = None

    def at(self, index: int) -> StreamConfiguration:
        return self._streams[index]

    def __iter__(self) -> Iterator[StreamConfiguration]:
        return iter(self._streams)

    def validate(self) -> Status:
        for stream in self._streams:
            stream.settle()
        return self.Status.Adjusted


class FrameMetadata:
    class Status(Enum):
        Success = auto()
        Cancelled = auto()

    def __init__(self) -> None:
        self.status = self.Status.Success


class FrameBuffer:
    class Plane:
        """Holds a duplicate of the file that it is given, and closes it at its end."""

        offset = length = 0
        _fd = -1

        @property
        def fd(self) -> int:
            return self._fd

        @fd.setter
        def fd(self, value: int) -> None:
            self._fd = os.dup(value)

        def __del__(self) -> None:
            with suppress(OSError):
                os.close(self._fd)

    def __init__(self, planes: list[Plane]) -> None:
        self.planes, self.metadata = planes, FrameMetadata()


class Request:
    class Status(Enum):
        Pending = auto()
        Complete = auto()
        Cancelled = auto()

    def __init__(self, cookie: int) -> None:
        self.cookie, self.status = cookie, self.Status.Pending
        self.buffers: dict[Stream, FrameBuffer] = {}
        self.metadata: dict[ControlId, object] = {}
        self.controls: dict[ControlId, object] = {}

    def add_buffer(self, stream: Stream, buffer: FrameBuffer) -> None:
        self.buffers[stream] = buffer

    def reuse(self) -> None:
        self.status, self.metadata, self.controls = self.Status.Pending, {}, {}

    def set_control(self, control: ControlId, value: object) -> None:
        self.controls[control] = value
