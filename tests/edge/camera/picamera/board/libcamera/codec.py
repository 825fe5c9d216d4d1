"""A Pi 4's encoder, `/dev/video11`: the kernel's memory-to-memory protocol, with libx264 behind.

Pictures come as DMA buffers, packets leave by mapped memory; both queues are asked by `wait`.
"""

from __future__ import annotations

import errno
import mmap
import os
import select
import threading
from collections.abc import Callable
from typing import Any, NamedTuple

import av
import numpy as np
import videodev2 as v4l2

from edge.encode.codec import encode, open_encoder

from .board import BOARD

_OUTPUT = v4l2.V4L2_BUF_TYPE_VIDEO_OUTPUT_MPLANE  # pictures, to the device
_CAPTURE = v4l2.V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE  # packets, from it


class _Picture(NamedTuple):
    buffer: int
    file: int  # ours to close
    seconds: int
    us: int
    keyframe: bool


class _Packet(NamedTuple):
    buffer: int
    size: int
    seconds: int
    us: int
    keyframe: bool


class Codec:
    """`memory` is the file whose mapped pages hold the packets."""

    memory = -1

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._pictures: list[_Picture] = []
        self._free: list[int] = []
        self._taken: list[int] = []
        self._packets: list[_Packet] = []
        self._controls: dict[int, int] = {}
        self._width = self._height = self._stride = self._packet_bytes = self._encoded = 0
        self._forced = self._closed = False
        self._queued = 0
        self._thread = threading.Thread(target=self._work, name="codec", daemon=True)
        self._answers: dict[int, Callable[[Any], None]] = {
            v4l2.VIDIOC_S_CTRL: self._set,
            v4l2.VIDIOC_S_EXT_CTRLS: self._set_many,
            v4l2.VIDIOC_S_FMT: self._set_format,
            v4l2.VIDIOC_S_PARM: lambda _: None,
            v4l2.VIDIOC_REQBUFS: self._request_buffers,
            v4l2.VIDIOC_QUERYBUF: self._query,
            v4l2.VIDIOC_QBUF: self._queue,
            v4l2.VIDIOC_DQBUF: self._dequeue,
            v4l2.VIDIOC_STREAMON: self._stream_on,
            v4l2.VIDIOC_STREAMOFF: lambda _: None,
        }

    def control(self, request: int, argument: Any) -> int:
        """An ioctl, with its structure filled in place."""
        with self._changed:
            self._answers[request](argument)
            self._changed.notify_all()
        return 0

    def wait(self, seconds: float) -> int:
        """What can be dequeued, as poll(2) says it; 0 when nothing came."""
        with self._changed:
            self._changed.wait_for(lambda: self._taken or self._packets, seconds)
            return (select.POLLOUT if self._taken else 0) | (select.POLLIN if self._packets else 0)

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _set(self, control: Any) -> None:
        if control.id == v4l2.V4L2_CID_MPEG_VIDEO_FORCE_KEY_FRAME:
            self._forced = True
        self._controls[control.id] = control.value

    def _set_many(self, all_of_them: Any) -> None:
        for n in range(all_of_them.count):
            self._set(all_of_them.controls[n])

    def _set_format(self, wanted: Any) -> None:
        pixels = wanted.fmt.pix_mp
        if wanted.type == _OUTPUT:
            assert pixels.pixelformat == v4l2.V4L2_PIX_FMT_YUV420
            self._width, self._height = pixels.width, pixels.height
            self._stride = pixels.plane_fmt[0].bytesperline
        else:
            assert pixels.pixelformat == v4l2.V4L2_PIX_FMT_H264
            self._packet_bytes = pixels.plane_fmt[0].sizeimage

    def _request_buffers(self, wanted: Any) -> None:
        if wanted.type == _CAPTURE:
            os.ftruncate(self.memory, wanted.count * self._packet_bytes)

    def _query(self, buffer: Any) -> None:
        buffer.m.planes[0].length = self._packet_bytes
        buffer.m.planes[0].m.mem_offset = buffer.index * self._packet_bytes

    def _queue(self, buffer: Any) -> None:
        if buffer.type == _CAPTURE:
            self._free.append(buffer.index)
            return
        self._queued += 1
        if self._queued == BOARD.fail_at:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        plane, time = buffer.m.planes[0], buffer.timestamp
        assert plane.bytesused == self._stride * self._height * 3 // 2
        file, forced = os.dup(plane.m.fd), self._forced
        self._pictures.append(_Picture(buffer.index, file, time.tv_sec, time.tv_usec, forced))
        self._forced = False

    def _dequeue(self, buffer: Any) -> None:
        if buffer.type == _OUTPUT:
            buffer.index = self._taken.pop(0)
            return
        packet = self._packets.pop(0)
        buffer.index, buffer.m.planes[0].bytesused = packet.buffer, packet.size
        buffer.m.planes[0].length = self._packet_bytes
        buffer.timestamp.tv_sec, buffer.timestamp.tv_usec = packet.seconds, packet.us
        buffer.flags = v4l2.V4L2_BUF_FLAG_KEYFRAME if packet.keyframe else 0

    def _stream_on(self, _: Any) -> None:
        if not self._thread.is_alive():
            self._thread.start()

    def _work(self) -> None:
        kbps = self._controls[v4l2.V4L2_CID_MPEG_VIDEO_BITRATE] // 1_000
        assert self._controls[v4l2.V4L2_CID_MPEG_VIDEO_REPEAT_SEQ_HEADER] == 1
        period = self._controls[v4l2.V4L2_CID_MPEG_VIDEO_H264_I_PERIOD]
        encoder = open_encoder("libx264", self._width, self._height, period, kbps)
        while picture := self._next():
            keyframe = picture.keyframe or self._encoded % period == 0
            frame = self._read(picture.file)
            [packet] = encode(encoder, frame, self._encoded, keyframe=keyframe)
            self._encoded += 1
            self._done(picture, packet)

    def _next(self) -> _Picture | None:
        with self._changed:
            self._changed.wait_for(lambda: (self._pictures and self._free) or self._closed)
            return None if self._closed else self._pictures.pop(0)

    def _read(self, file: int) -> av.VideoFrame:
        size = self._stride * self._height * 3 // 2
        with mmap.mmap(file, size, prot=mmap.PROT_READ) as memory:
            padded = np.frombuffer(memory[:], np.uint8)
        os.close(file)
        luma = padded[: self._stride * self._height].reshape(self._height, self._stride)
        chroma = padded[self._stride * self._height :].reshape(self._height, self._stride // 2)
        planes = [luma[:, : self._width].ravel(), chroma[:, : self._width // 2].ravel()]
        picture = np.concatenate(planes).reshape(self._height * 3 // 2, self._width)
        return av.VideoFrame.from_ndarray(picture, format="yuv420p")

    def _done(self, picture: _Picture, packet: Any) -> None:
        data = bytes(packet)
        assert len(data) <= self._packet_bytes
        with self._changed:
            if self._closed:
                return
            index = self._free.pop(0)
            os.pwrite(self.memory, data, index * self._packet_bytes)
            self._packets.append(
                _Packet(index, len(data), picture.seconds, picture.us, packet.is_keyframe)
            )
            self._taken.append(picture.buffer)
            self._changed.notify_all()
