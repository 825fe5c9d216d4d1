"""One CSI camera by picamera2, and its encoders: the file that imports picamera2.

A Raspberry Pi 4 and older encodes in hardware: picamera2 hands the kernel the camera's own buffers,
and no picture is touched here. A Raspberry Pi 5 has no such hardware: there picamera2's libx264
encoder reads the camera's buffers where they lie, in the thread that took them in.
"""

from __future__ import annotations

import gc
import logging
import os
from contextlib import suppress
from typing import Any

from picamera2 import Picamera2
from picamera2.encoders import H264Encoder, LibavH264Encoder
from picamera2.outputs import Output

from edge.camera.picamera_handed import Coded, Put

# Each is as large as a picture, of memory that is little: one is filled, one is encoded, one is
# held back by the encoder, and one waits so that no picture is dropped in between.
_BUFFERS = 4

_HARDWARE = "picamera2 V4L2Encoder"

log = logging.getLogger(__name__)
logging.getLogger("picamera2").setLevel(logging.WARNING)


class _Packets(Output):  # type: ignore[misc] # picamera2 has no types
    """What an encoder hands its packets to, in a thread of picamera2's."""

    def __init__(self, number: int, put: Put) -> None:
        super().__init__()
        self._number, self._put = number, put
        self.encoder: Any = None

    def outputframe(
        self,
        frame: bytes,
        keyframe: bool = True,
        timestamp: int | None = None,
        packet: object = None,  # noqa: ARG002 # the same once more, of libav's encoder
        audio: bool = False,
    ) -> None:
        """One encoded picture; `timestamp` counts us from the encoder's first."""
        if self.recording and not audio:
            time_us = (self.encoder.firsttimestamp or 0) + (timestamp or 0)
            self._put(Coded(bytes(frame), bool(keyframe), time_us, self._number))


class _Opened(Picamera2):  # type: ignore[misc]
    """A Picamera2 that leaves nothing open where it cannot be made: it is tried again for ever."""

    is_open: bool

    def __init__(self, number: int) -> None:
        try:
            super().__init__(number)
        except BaseException:
            self._let_go()
            raise

    def _let_go(self) -> None:
        acquired = self.is_open
        with suppress(Exception):  # it is half made
            self.close()
        if not acquired or self.is_open:
            self.is_open = False
            self.notifymeread.close()
            os.close(self.notifyme_w)


class Device:
    """An open camera with its main stream of `size`, and a smaller one where `lores` says so.

    `fps` is what the sensor keeps to at most. Encoded pictures go to `put`, from other threads.
    `fell` says why pictures are not encoded in hardware, where they are not.
    Raises what picamera2, libcamera and the kernel raise.
    """

    def __init__(
        self,
        number: int,
        size: tuple[int, int],
        lores: tuple[int, int] | None,
        fps: int,
        put: Put,
    ) -> None:
        self._number, self._put = number, put
        # On boards without hardware, picamera2 gives one name to both.
        self._kind, self.fell = H264Encoder, dict[str, str]()
        if H264Encoder is LibavH264Encoder:
            self.fell[_HARDWARE] = "this board has none"
        self._encoders = dict[int, Any]()
        self._began = 0
        # Of the one before: picamera2's objects are cycles, which hold files and picture memory.
        gc.collect()
        self._fps, self._camera = fps, _Opened(number)
        try:
            self.shape(size, lores)
        except BaseException:
            self._camera.close()
            raise

    def shape(self, size: tuple[int, int], lores: tuple[int, int] | None) -> None:
        """Set both streams up anew; every encoder ends, its last pictures come before."""
        self._halt()
        camera, picture_us = self._camera, 1_000_000 // self._fps
        camera.configure(
            camera.create_video_configuration(
                main={"size": size, "format": "YUV420"},
                lores=lores and {"size": lores, "format": "YUV420"},
                raw=None,
                buffer_count=_BUFFERS,
                controls={"FrameDurationLimits": (picture_us, picture_us)},
                display=None,
                queue=False,  # nobody asks for pictures: hold none back for them
            )
        )
        least_us = camera.camera_controls["FrameDurationLimits"][0]
        self.fps = max(1, min(self._fps, round(1_000_000 / max(1, least_us))))

    def begin(self, stream: str, kbps: int) -> int:
        """Encode `main` or `lores` from the next picture on, a keyframe; the encoder's number."""
        self._began += 1
        try:
            encoder = self._start(stream, kbps)
        except FileNotFoundError as error:
            if self._kind is LibavH264Encoder:
                raise
            # Firmware that was given too little memory starts without its encoder.
            self._kind, self.fell[_HARDWARE] = LibavH264Encoder, f"{error.filename} is not there"
            encoder = self._start(stream, kbps)
        self._encoders[self._began] = encoder
        size = f"{encoder.width}x{encoder.height}"
        log.info("picamera:%d: %s encoded at %d kbit/s by %s", self._number, size, kbps, self.by)
        self._camera.start()
        return self._began

    @property
    def by(self) -> str:
        """The name of picamera2's class that encodes."""
        return str(self._kind.__name__)

    def _start(self, stream: str, kbps: int) -> Any:
        encoder = self._kind(
            bitrate=kbps * 1_000, repeat=True, iperiod=self.fps, framerate=self.fps
        )
        encoder.threads = 1  # as everywhere: a camera is one of many
        output = _Packets(self._began, self._put)
        output.encoder = encoder
        self._camera.start_encoder(encoder, output, name=stream)
        return encoder

    def end(self, number: int) -> None:
        """End an encoder; what it still holds comes before this returns."""
        self._camera.stop_encoder(self._encoders.pop(number))

    def close(self) -> None:
        """Stop the camera and let go of it; harmless to repeat."""
        self._halt()
        self._camera.close()

    def _halt(self) -> None:
        # The thread that takes requests in goes first: where an encoder's error has ended it, it
        # would never answer that the camera was stopped.
        with suppress(RuntimeError):  # it was never started
            self._camera.stop_preview()
        self._camera.stop()
        for number in [*self._encoders]:
            self.end(number)


def count() -> int:
    """How many cameras this machine has."""
    return len(Picamera2.global_camera_info())


def open_device(
    number: int, size: tuple[int, int], lores: tuple[int, int] | None, fps: int, put: Put
) -> Device:
    """The lowest layer; see Device."""
    return Device(number, size, lores, fps, put)
