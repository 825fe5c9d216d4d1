"""MPEG-TS and HLS over HTTP: copied, outages accounted for, nothing but HTTP followed."""

from __future__ import annotations

import random
import socket
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from itertools import pairwise
from pathlib import Path

import pytest

from edge.camera.web import WebCamera
from edge.clock import SystemClock
from edge.errors import CameraFrozen, CameraUnreachable
from infra.waiting import wait_until
from tests.edge.camera import web_camera as web
from tests.edge.recording import BUSY_MS, Record, assert_tiles, causes, marks, packets

PASSWORD = "s3cret-pass"
Serve = Callable[[dict[str, web.Answer]], web.WebServer]


def opened(
    server: web.WebServer,
    path: str = "/camera",
    read_seconds: float = 5,
    piece_seconds: float = 30,
) -> WebCamera:
    url, clock = server.url(path), SystemClock()
    return WebCamera("gate", url, clock, read_seconds=read_seconds, piece_seconds=piece_seconds)


def test_a_stream_and_a_playlist_are_recorded_at_their_times(serve: Serve, tmp_path: Path) -> None:
    playlist = web.Playlist()
    server = serve({"/camera": web.mpegts(b_frames=1), "/on": web.redirect("/camera")})
    server.answers |= playlist.answers()
    wait_until(lambda: playlist.length > 3, what="pieces")
    sources = {"stream": "/camera", "onward": "/on", "pieces": "/live.m3u8"}
    recorder = Record(tmp_path / "node", {n: server.url(path) for n, path in sources.items()})
    recorder.start()
    try:
        for name in sources:
            recorder.wait_for("segment", 4, camera=name)
        assert recorder.stop() == 0
    finally:
        recorder.kill()
    for name in sources:
        items = recorder.account(name)
        assert_tiles(items)
        assert set(causes(items)) <= {"waiting_keyframe"}
        numbers: list[int] = []
        for item in recorder.segments(name):
            assert packets(item.path)[0].is_keyframe
            seen = marks(item.path)
            numbers += [mark.frame for mark in seen]
            # Pieces come up to a second and a half after they were seen.
            assert 0 <= item.segment.start_ms - seen[0].utc_ms < BUSY_MS
            assert abs(item.segment.media_ms - len(seen) * 1000 / web.FPS) < 200
        whole = numbers[:-2]  # of the last two, the one that is decoded first may be the last
        assert whole == list(range(numbers[0], numbers[0] + len(whole)))


@pytest.mark.parametrize("path", [pytest.param("/camera", marks=pytest.mark.full), "/live.m3u8"])
def test_a_server_that_dies_and_returns_is_a_gap(serve: Serve, tmp_path: Path, path: str) -> None:
    server = serve({"/camera": web.mpegts(), **web.Playlist().answers()})
    url = server.url(path).replace("//", f"//viewer:{PASSWORD}@")
    recorder = Record(tmp_path / "node", {"gate": url})
    items = web.through_an_outage(recorder, server, after=1)
    assert set(causes(items)) <= {"camera_unreachable", "waiting_keyframe"}
    for file in recorder.home.rglob("*"):
        if file.is_file() and file.name != "livecam.yaml":
            assert PASSWORD.encode() not in file.read_bytes(), file


def silent(request: BaseHTTPRequestHandler) -> None:
    """Half a second of a stream, and then a connection on which nothing comes."""
    web.mpegts(pictures=20)(request)
    request.connection.recv(1)


def test_a_stream_that_falls_silent_is_frozen(serve: Serve) -> None:
    feed = opened(serve({"/camera": silent}), read_seconds=1).open()
    with pytest.raises(CameraFrozen, match="gate"):
        list(feed.packets())
    feed.close()


def test_a_playlist_that_grows_no_more_is_frozen(serve: Serve) -> None:
    playlist = web.Playlist()
    server = serve(playlist.answers())
    wait_until(lambda: playlist.length > 2, what="pieces")
    feed = opened(server, "/live.m3u8", piece_seconds=4).open()
    playlist.stopped.set()
    with pytest.raises(CameraFrozen, match="gate"):
        list(feed.packets())
    feed.close()


def test_a_stream_whose_clock_is_set_goes_on(serve: Serve) -> None:
    """A camera's encoder that starts anew begins again with 0."""

    def twice(request: BaseHTTPRequestHandler) -> None:
        web.mpegts(pictures=40)(request)
        web.mpegts(pictures=40, begin=False)(request)

    feed, clock, times = opened(serve({"/camera": twice})).open(), SystemClock(), []

    def read() -> None:
        for packet in feed.packets():
            feed.mend(packet, clock.monotonic_ms())
            times.append(packet.pts or 0)

    with pytest.raises(CameraUnreachable, match="ended the connection"):
        read()
    feed.close()
    assert len(times) > 60
    assert all(0 < b - a < 90 * BUSY_MS for a, b in pairwise(times))


def test_garbage_in_the_midst_of_a_stream_costs_what_it_covers(serve: Serve) -> None:
    def spoiled(request: BaseHTTPRequestHandler) -> None:
        web.mpegts(pictures=30)(request)
        request.wfile.write(random.Random(7).randbytes(200_000))
        web.mpegts(pictures=45, begin=False)(request)

    feed, clock, times = opened(serve({"/camera": spoiled})).open(), SystemClock(), []

    def read() -> None:
        for packet in feed.packets():
            feed.mend(packet, clock.monotonic_ms())
            if packet.pts is not None:
                times.append(packet.pts)

    with pytest.raises(CameraUnreachable, match="gate"):
        read()
    feed.close()
    assert len(times) > 60
    assert all(b - a < 2 * 90_000 for a, b in pairwise(times))


PIECES = "#EXTM3U\n#EXT-X-TARGETDURATION:2\n{}#EXTINF:2,\n{}\n#EXT-X-ENDLIST\n"
OTHERS = ["file:///etc/hostname", "concat:/etc/hostname", "rtsp://127.0.0.1:1/x", "data:,x"]


@pytest.mark.parametrize("location", [*OTHERS, "subfile,,start,0,end,9,,:/etc/hostname"])
def test_a_redirect_leads_to_http_or_nowhere(serve: Serve, location: str) -> None:
    server = serve({"/camera": web.redirect(location)})
    with pytest.raises(CameraUnreachable, match="gate") as refused:
        opened(server).open()
    assert "hostname" not in str(refused.value)


@pytest.mark.parametrize("what", ["piece", "map", "key", "list"])
def test_a_playlist_reads_no_file_of_ours(serve: Serve, tmp_path: Path, what: str) -> None:
    """Each names a file that would play."""
    footage = (web.clip(tmp_path / "footage.ts")).as_uri()
    lists = {
        "piece": PIECES.format("", footage),
        "map": PIECES.format(f'#EXT-X-MAP:URI="{footage}"\n', "piece.ts"),
        "key": PIECES.format(f'#EXT-X-KEY:METHOD=AES-128,URI="{footage}"\n', "piece.ts"),
        "list": f"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n{footage}\n",
    }
    server = serve({"/live.m3u8": web.text(lists[what])})
    with pytest.raises(CameraUnreachable, match="gate") as refused:
        opened(server, "/live.m3u8").open()
    assert "footage" not in str(refused.value)


@pytest.mark.parametrize("body", [b"", b"\x13garbage" * 5_000, b"G" * 40_000, b"#EXTM3U\n"])
def test_garbage_is_refused_naming_the_camera(serve: Serve, body: bytes) -> None:
    server = serve({"/camera": web.text(body, "video/mp2t")})
    with pytest.raises(CameraUnreachable, match="gate"):
        opened(server).open()


def test_a_file_on_a_server_is_no_camera(serve: Serve, tmp_path: Path) -> None:
    served = web.clip(tmp_path / "footage.mp4").read_bytes()
    server = serve({"/camera": web.text(served, "video/mp4")})
    with pytest.raises(CameraUnreachable, match=r"no video that can be kept.*gate|gate"):
        opened(server).open()


def test_a_wrong_password_a_wrong_path_and_an_empty_port_are_told_apart(serve: Serve) -> None:
    def refuse(request: BaseHTTPRequestHandler) -> None:
        request.send_error(401)

    server = serve({"/locked": refuse})
    with pytest.raises(CameraUnreachable, match="user or the password"):
        opened(server, "/locked").open()
    with pytest.raises(CameraUnreachable, match="nothing at this address"):
        opened(server, "/other").open()
    server.kill()
    with pytest.raises(CameraUnreachable, match="refused"):
        opened(server).open()


def test_a_server_that_never_answers_is_frozen() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://viewer:{PASSWORD}@127.0.0.1:{listener.getsockname()[1]}/x"
        with pytest.raises(CameraFrozen, match="gate") as refused:
            WebCamera("gate", url, SystemClock(), read_seconds=1).open()
    assert PASSWORD not in str(refused.value)
