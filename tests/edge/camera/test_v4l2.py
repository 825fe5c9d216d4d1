"""Cameras of this machine, as far as can be shown without one: a file stands for the device.

The kernel's driver and libav's v4l2 input were never run here.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

import av
import pytest
from av.container import InputContainer

from edge.camera.choose import camera_for
from edge.camera.v4l2 import V4l2Camera, Wanted, read_source
from edge.clock import SystemClock
from edge.errors import CameraUnreachable
from tests.edge.camera import web_camera as web
from tests.edge.camera.test_refusals import Source

DEVICE = "/dev/video0"


class Device:
    """Opens as a device that offers some inputs would, each a file of that codec."""

    def __init__(self, folder: Path, *offered: str) -> None:
        self.asked: list[dict[str, str]] = []
        self._files = {name: stand_in(folder, name) for name in offered}

    def __call__(self, device: str, options: Mapping[str, str]) -> InputContainer:
        self.asked.append({"device": device, **options})
        path = self._files.get(options["input_format"])
        if path is None:
            raise av.error.ArgumentError(errno.EINVAL, "Invalid argument", device)
        return av.open(str(path), mode="r")


def stand_in(folder: Path, name: str) -> Path:
    """Two seconds as the device would hand them out."""
    if name == "h264":
        return web.clip(folder / "device.h264")
    path, codec = folder / f"{name}.nut", {"mjpeg": "mjpeg", "yuyv422": "rawvideo"}[name]
    with av.open(str(path), "w") as out:
        stream = out.add_stream(codec, rate=web.FPS)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height = web.WIDTH, web.HEIGHT
        stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else name
        for number in range(2 * web.FPS):
            out.mux(stream.encode(web.picture(number).reformat(format=stream.pix_fmt)))
        out.mux(stream.encode(None))
    return path


def fails(number: int) -> V4l2Camera:
    def opened(device: str, options: Mapping[str, str]) -> InputContainer:
        raise av.error.OSError(number, os.strerror(number), device)

    return V4l2Camera("gate", Wanted(DEVICE), SystemClock(), opened=opened)


def test_a_source_says_device_and_what_is_asked_of_it() -> None:
    assert camera_for(Source("gate", f"v4l2:{DEVICE}")).kind == "v4l2"
    by_id = "/dev/v4l/by-id/usb-046d_HD_Pro_Webcam_C920-video-index0"
    assert read_source("gate", by_id) == Wanted(by_id)
    wanted = read_source("gate", f"{DEVICE}?input=raw&size=1280x720&fps=30")
    assert wanted.options("raw") == {
        "input_format": "yuyv422",
        "video_size": "1280x720",
        "framerate": "30",
    }
    assert Wanted(DEVICE).options("h264") == {"input_format": "h264"}


def test_h264_is_copied_where_the_camera_has_it(tmp_path: Path) -> None:
    device = Device(tmp_path, "h264", "mjpeg")
    feed = V4l2Camera("gate", Wanted(DEVICE), SystemClock(), opened=device).open()
    packets = feed.packets()
    first = next(packets)
    with av.open(str(tmp_path / "device.h264")) as file:
        assert bytes(first) == bytes(next(iter(file.demux(video=0))))
    assert (feed.keeps, feed.rung) == (False, "")
    feed.close()
    assert [asked["input_format"] for asked in device.asked] == ["h264"]


@pytest.mark.parametrize(
    ("offered", "asked"),
    [("mjpeg", ["h264", "mjpeg"]), ("yuyv422", ["h264", "mjpeg", "yuyv422"])],
)
def test_what_is_no_h264_is_encoded_here(offered: str, asked: list[str], tmp_path: Path) -> None:
    device = Device(tmp_path, offered)
    feed = V4l2Camera("gate", Wanted(DEVICE), SystemClock(), opened=device).open()
    taken: list[av.Packet] = []  # type: ignore[type-arg]
    read = feed.packets()
    with pytest.raises(CameraUnreachable, match="ended the connection"):
        taken.extend(read)
    assert [one["input_format"] for one in device.asked] == asked
    assert feed.video.codec_context.name == "h264"
    assert (feed.keeps, feed.rung) == (False, "480p 2000k")
    assert len(taken) == 2 * web.FPS
    assert all((a.pts or 0) < (b.pts or 0) for a, b in pairwise(taken))
    feed.close()


@pytest.mark.parametrize(
    ("number", "told"),
    [
        (errno.ENOENT, "is not there"),
        (errno.EACCES, "may not be opened by this user.*group video"),
        (errno.EBUSY, "is used by another program"),
        (errno.ENOTTY, "is no camera"),
        (errno.EIO, "cannot be read"),
        (errno.EINVAL, "offers no h264 nor mjpeg nor raw"),
    ],
)
def test_what_is_wrong_is_told_in_words_that_name_the_camera(number: int, told: str) -> None:
    with pytest.raises(CameraUnreachable, match=f"{told}.*gate|gate.*{told}|{told}") as refused:
        fails(number).open()
    assert refused.value.camera == "gate"


def test_the_real_lowest_layer_tells_a_device_that_is_not_there(tmp_path: Path) -> None:
    wanted = Wanted("/dev/video999")
    with pytest.raises(CameraUnreachable, match=r"/dev/video999 is not there.*gate"):
        V4l2Camera("gate", wanted, SystemClock()).open()
    plain = tmp_path / "video0"
    plain.write_bytes(b"")
    with pytest.raises(CameraUnreachable, match="is no camera"):
        V4l2Camera("gate", Wanted(str(plain)), SystemClock()).open()
