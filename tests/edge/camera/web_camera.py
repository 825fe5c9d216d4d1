"""A camera that speaks HTTP: MPEG-TS, HLS that grows, MJPEG; and servers that mean ill."""

from __future__ import annotations

import io
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from fractions import Fraction
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import islice
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.container import OutputContainer

from edge.camera import blocks
from edge.segment import Gap, Segment
from infra.waiting import wait_until
from tests.edge.recording import Record, assert_tiles, causes

WIDTH, HEIGHT, FPS = 320, 176, 15
BOUNDARY = "picture"

Answer = Callable[[BaseHTTPRequestHandler], None]


class WebServer:
    """Answers by path; `kill` and `start` again keep the port, as a camera's reboot would."""

    def __init__(self, answers: dict[str, Answer], port: int) -> None:
        self.answers, self.port = answers, port
        self.asked: list[str] = []
        self._open: list[socket.socket] = []
        self._server: ThreadingHTTPServer | None = None

    def url(self, path: str = "/camera") -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def start(self) -> None:
        camera = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                camera._answer(self)

            def log_message(self, *_: Any) -> None:
                """Nothing is written."""

        class Server(ThreadingHTTPServer):
            def handle_error(self, *_: Any) -> None:
                """Whoever asked has gone, or was killed: what the tests are about."""

        self._server = Server(("127.0.0.1", self.port), Handler)
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def _answer(self, request: BaseHTTPRequestHandler) -> None:
        self._open.append(request.connection)
        path = request.path.partition("?")[0]
        self.asked.append(request.path)
        answer = self.answers.get(path)
        if answer is None:
            request.send_error(404)
            return
        with suppress(OSError, av.FFmpegError):
            answer(request)

    def kill(self) -> None:
        """No port, and every connection reset; harmless to repeat."""
        server, self._server = self._server, None
        if server is None:
            return
        server.shutdown()
        server.server_close()
        for connection in self._open:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self._open.clear()


def head(request: BaseHTTPRequestHandler, kind: str) -> None:
    request.send_response(200)
    request.send_header("Content-Type", kind)
    request.end_headers()


def redirect(location: str) -> Answer:
    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(302)
        request.send_header("Location", location)
        request.end_headers()

    return answer


def text(body: str | bytes, kind: str = "application/vnd.apple.mpegurl") -> Answer:
    def answer(request: BaseHTTPRequestHandler) -> None:
        head(request, kind)
        request.wfile.write(body if isinstance(body, bytes) else body.encode())

    return answer


def picture(number: int, width: int = WIDTH, height: int = HEIGHT) -> av.VideoFrame:
    """A grey picture that names the camera, the time and its number in blocks."""
    planes = np.full((height * 3 // 2, width), 128, np.uint8)
    blocks.draw(planes[:height], "web", round(time.time() * 1000), number)
    frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
    frame.pts, frame.time_base = number, Fraction(1, FPS)
    return frame


class _Encoder:
    """Pictures at their pace into a container, one GOP a second."""

    def __init__(self, container: OutputContainer, *, b_frames: int = 0) -> None:
        self._container = container
        self._stream = container.add_stream("libx264", rate=FPS)
        self._stream.width, self._stream.height, self._stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        self._stream.gop_size = FPS
        self._stream.codec_context.options = {
            "preset": "ultrafast",
            "bf": str(b_frames),
            "x264-params": "scenecut=0",
        }

    def add(self, number: int) -> None:
        self._container.mux(self._stream.encode(picture(number)))

    def end(self) -> None:
        self._container.mux(self._stream.encode(None))
        self._container.close()


def pace(first: int = 0) -> Iterator[int]:
    """Picture numbers, each when it is due."""
    began = time.monotonic()
    number = first
    while True:
        time.sleep(max(0.0, began + (number - first) / FPS - time.monotonic()))
        yield number
        number += 1


class _Out(io.RawIOBase):
    def __init__(self, send: Callable[[bytes], Any]) -> None:
        self._send = send

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._send(bytes(data))
        return len(data)


def mpegts(*, pictures: int | None = None, begin: bool = True, b_frames: int = 0) -> Answer:
    """A live MPEG-TS that begins anew with each request; so many pictures, or for ever."""

    def answer(request: BaseHTTPRequestHandler) -> None:
        if begin:
            head(request, "video/mp2t")
        container = av.open(_Out(request.wfile.write), "w", format="mpegts")
        encoder = _Encoder(container, b_frames=b_frames)
        for number in islice(pace(), pictures):
            encoder.add(number)
        encoder.end()

    return answer


def clip(path: Path) -> Path:
    """Two seconds as a file."""
    encoder = _Encoder(av.open(str(path), "w"))
    for number in range(2 * FPS):
        encoder.add(number)
    encoder.end()
    return path


class Playlist:
    """A live HLS stream under `/live.m3u8`: pieces of one second, the last four listed.

    After `stopped` it stays as it is.
    """

    def __init__(self) -> None:
        self.stopped = threading.Event()
        self._pieces: list[bytes] = []

    @property
    def length(self) -> int:
        return len(self._pieces)

    def answers(self) -> dict[str, Answer]:
        threading.Thread(target=self._grow, daemon=True).start()
        return {"/live.m3u8": self._list, "/piece.ts": self._piece}

    def _grow(self) -> None:
        out = io.BytesIO()
        container = av.open(out, "w", format="mpegts", options={"flush_packets": "1"})
        encoder = _Encoder(container)
        for number in pace():
            if self.stopped.is_set():
                return
            if number % FPS == 0 and number:
                self._pieces.append(out.getvalue())
                out.seek(0)
                out.truncate()
            encoder.add(number)

    def _list(self, request: BaseHTTPRequestHandler) -> None:
        last = len(self._pieces)
        first = max(0, last - 4)
        lines = ["#EXTM3U", "#EXT-X-VERSION:3", "#EXT-X-TARGETDURATION:1"]
        lines.append(f"#EXT-X-MEDIA-SEQUENCE:{first}")
        for number in range(first, last):
            lines += ["#EXTINF:1.0,", f"piece.ts?n={number}"]
        text("\n".join(lines) + "\n")(request)

    def _piece(self, request: BaseHTTPRequestHandler) -> None:
        number = int(request.path.partition("n=")[2])
        text(self._pieces[number], "video/mp2t")(request)


def jpeg(number: int, width: int = WIDTH, height: int = HEIGHT) -> bytes:
    encoder = av.CodecContext.create("mjpeg", "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuvj420p"
    encoder.time_base = Fraction(1, FPS)
    frame = picture(number, width, height).reformat(format="yuvj420p")
    return b"".join(bytes(packet) for packet in [*encoder.encode(frame), *encoder.encode(None)])


def mjpeg(pictures: Iterable[bytes] | None = None, *, length: bool = True) -> Answer:
    """multipart/x-mixed-replace of JPEGs: drawn ones for ever, or these."""

    def answer(request: BaseHTTPRequestHandler) -> None:
        head(request, f"multipart/x-mixed-replace; boundary={BOUNDARY}")
        for body in (jpeg(number) for number in pace()) if pictures is None else pictures:
            told = f"Content-Length: {len(body)}\r\n" if length else ""
            part = f"--{BOUNDARY}\r\nContent-Type: image/jpeg\r\n{told}\r\n"
            request.wfile.write(part.encode() + body + b"\r\n")

    return answer


def through_an_outage(recorder: Record, server: WebServer, *, after: int) -> list[Segment | Gap]:
    """Record camera `gate`, whose server dies after so many segments and returns: its account."""
    recorder.start()
    try:
        recorder.wait_for("segment", after)
        failed = recorder.log.read_text().count("next attempt")
        had = len(recorder.segments("gate"))
        server.kill()
        wait_until(
            lambda: recorder.log.read_text().count("next attempt") > failed + 1,
            what="two failed attempts",
        )
        server.start()
        recorder.wait_for("segment", had + 2)
        assert recorder.stop() == 0
    finally:
        recorder.kill()
    items = recorder.account("gate")
    assert_tiles(items)
    assert "camera_unreachable" in causes(items)
    return items
