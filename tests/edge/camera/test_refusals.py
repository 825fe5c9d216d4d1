"""What an address, a playlist or a redirect may not do: open anything but what is meant."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from edge.camera.choose import camera_for
from edge.camera.clip import ClipCamera
from edge.camera.rtsp import RtspCamera
from edge.errors import BadMedia, BadSettings, CameraUnreachable
from edge.importer import open_media
from flows.media import opening
from tests.edge.fake_clock import FakeClock
from tests.edge.footage import Clip

LISTS = {
    "m3u8": "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{}\n#EXT-X-ENDLIST\n",
    "ffconcat": "ffconcat version 1.0\nfile '{}'\n",
    "sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nm=video 9 RTP/AVP 96\na=control:{}\n",
}


class Source(NamedTuple):
    """What `camera_for` asks of settings."""

    name: str
    source: str
    transport: str = "tcp"


@pytest.mark.parametrize(
    "source",
    [
        "concat:/etc/passwd|/etc/group",
        "file:/etc/passwd",
        "subfile,,start,0,end,9,,:/etc/passwd",
        "async:file:/etc/passwd",
        "cache:http://camera/x",
        "tcp://camera:554?listen=1",
        "v4l2:/etc/passwd",
        "v4l2:/dev/../etc/passwd",
        "v4l2:/dev/video0?format_whitelist=concat",
        "v4l2:/dev/video0?size=1x1&size=x",
        "v4l2:/dev/video0?input=concat",
        "v4l2:/dev/video0?fps=0",
        "v4l2:",
        "-protocol_whitelist",
        "-i rtsp://camera/x",
        "clip:concat:/etc/passwd",
        "clip:subfile,,start,0,end,9,,:/etc/passwd",
        "clip:-i",
        "rtsp:file:///etc/passwd",
        "rtsp:///etc/passwd",
        "rtsp://camera/x?tcp",
        "rtsp://camera/x?channel=1&udp",
        "rtsp://camera/x?http",
        "rtsp://camera/x?multicast",
        "rtsp://camera/x?filter_src",
        "rtsp://camera/x\r\nDESCRIBE rtsp://other/y",
        "RTSP+file://camera/x",
    ],
)
def test_options_hidden_in_an_address_are_refused_naming_the_camera(source: str) -> None:
    with pytest.raises(BadSettings, match="gate") as refused:
        camera_for(Source("gate", source))
    assert "passwd" not in str(refused.value)


@pytest.mark.parametrize("query", ["?channel=1&subtype=0", "?tcpdump=1", "?transport=udp"])
def test_an_address_may_ask_the_camera_what_it_likes(query: str) -> None:
    assert camera_for(Source("gate", f"rtsp://camera/x{query}")).kind == "rtsp"


@pytest.mark.parametrize("kind", LISTS)
def test_a_file_that_names_other_files_is_no_footage(kind: str, tmp_path: Path) -> None:
    """Without the white lists libav reads the file that the playlist names, and plays it."""
    footage = Clip(seconds=1).write(tmp_path / "footage.mp4")
    listed = tmp_path / f"clip.{kind}"
    listed.write_text(LISTS[kind].format(footage))
    with pytest.raises(CameraUnreachable, match="gate"):
        ClipCamera("gate", listed, FakeClock()).open()
    with pytest.raises(BadMedia, match=r"clip\."):
        open_media(listed)
    with pytest.raises(BadMedia, match=r"clip\."), opening.opened(listed):
        pass
    with pytest.raises(BadMedia), opening.opened(listed.read_bytes()):
        pass


@contextmanager
def sends_on(location: str) -> Iterator[int]:
    """An RTSP server that answers everything by a redirect; its port."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                asked = connection.recv(4096)
                number = asked.partition(b"CSeq: ")[2].partition(b"\r\n")[0].decode()
                told = f"RTSP/1.0 302 Found\r\nCSeq: {number}\r\nLocation: {location}\r\n\r\n"
                connection.sendall(told.encode())

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


@pytest.mark.parametrize(
    "location", ["file:///etc/passwd", "concat:/etc/passwd", "http://127.0.0.1:1/x", "rtp://h:1"]
)
def test_a_camera_that_sends_on_to_something_else_is_refused(location: str) -> None:
    with (
        sends_on(location) as port,
        pytest.raises(CameraUnreachable, match="gate") as refused,
    ):
        RtspCamera("gate", f"rtsp://127.0.0.1:{port}/x").open()
    assert "passwd" not in str(refused.value)
