"""MJPEG over HTTP: pictures are encoded here, at the times they came."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import av
import pytest

from edge.camera.web import WebCamera
from edge.clock import SystemClock
from edge.encode.codec import TICKS
from edge.errors import CameraFrozen, CameraUnreachable
from tests.edge.camera import web_camera as web
from tests.edge.recording import BUSY_MS, Record, marks, packets

Serve = Callable[[dict[str, web.Answer]], web.WebServer]


def read(server: web.WebServer, path: str = "/camera") -> tuple[list[av.Packet], str]:  # type: ignore[type-arg]
    """All of a stream's packets, and how it ended."""
    feed = WebCamera("gate", server.url(path), SystemClock(), read_seconds=3).open()
    taken: list[av.Packet] = []  # type: ignore[type-arg]
    try:
        taken.extend(feed.packets())
    except (CameraFrozen, CameraUnreachable) as error:
        return taken, error.message
    finally:
        feed.close()
    raise AssertionError("a feed ends by an error")


def paced(pictures: list[bytes]) -> Iterator[bytes]:
    for number in web.pace():
        if number >= len(pictures):
            return
        yield pictures[number]


@pytest.mark.parametrize("length", [True, False])
def test_a_picture_is_a_packet_at_the_time_it_came(serve: Serve, *, length: bool) -> None:
    pictures = [web.jpeg(n) for n in range(30)]
    server = serve({"/camera": web.mjpeg(paced(pictures), length=length)})
    taken, ended = read(server)
    assert ended == "the camera ended the connection"
    # Without a length, the last picture's end is the next one's beginning.
    assert len(taken) >= 29
    times = [(packet.pts or 0) / TICKS for packet in taken]
    assert all(a < b for a, b in pairwise(times))
    assert times[-1] - times[1] == pytest.approx(28 / web.FPS, abs=BUSY_MS / 1000)
    assert taken[0].is_keyframe


def test_a_camera_that_dies_and_returns_is_recorded_with_a_gap(
    serve: Serve, tmp_path: Path
) -> None:
    server = serve({"/camera": web.mjpeg()})
    recorder = Record(tmp_path / "node", {"gate": server.url()})
    web.through_an_outage(recorder, server, after=2)
    for item in recorder.segments("gate"):
        assert item.segment.codec == "h264"
        assert item.segment.rung == "480p 2000k"
        assert packets(item.path)[0].is_keyframe
        for mark, after in pairwise(marks(item.path)):
            assert after.frame == mark.frame + 1
        # The first pictures wait until the encoder was seen to work.
        assert abs(item.segment.start_ms - marks(item.path)[0].utc_ms) < BUSY_MS


def test_pictures_that_are_none_are_left_out(serve: Serve) -> None:
    good = web.jpeg(1)
    torn = [good, b"\xff\xd8garbage" * 40, good[: len(good) // 2], b"", good, good]
    taken, ended = read(serve({"/camera": web.mjpeg(paced(torn))}))
    assert 3 <= len(taken) <= 5
    assert ended == "the camera ended the connection"


def test_pictures_that_change_their_size_begin_another_stream(serve: Serve) -> None:
    sizes = [web.jpeg(n) for n in range(10)] + [web.jpeg(n, 640, 368) for n in range(10)]
    taken, _ = read(serve({"/camera": web.mjpeg(paced(sizes))}))
    streams = [packet.stream for packet in taken]
    changes = [n for n, (a, b) in enumerate(pairwise(streams), 1) if a is not b]
    assert changes == [10]
    assert taken[10].is_keyframe


def test_a_camera_that_sends_no_more_is_frozen(serve: Serve) -> None:
    def stops() -> Iterator[bytes]:
        yield from paced([web.jpeg(n) for n in range(5)])
        time.sleep(4)  # longer than the reader waits

    taken, ended = read(serve({"/camera": web.mjpeg(stops())}))
    assert len(taken) >= 4
    assert ended == "nothing arrives from the camera"


@pytest.mark.parametrize(
    "body",
    [b"", b"garbage" * 1_000, b"--picture\r\n\r\n", b"--picture\r\nContent-Length: -5\r\n\r\nx"],
)
def test_garbage_is_refused_naming_the_camera(serve: Serve, body: bytes) -> None:
    kind = f"multipart/x-mixed-replace; boundary={web.BOUNDARY}"
    server = serve({"/camera": web.text(body, kind)})
    with pytest.raises(CameraUnreachable, match="gate"):
        WebCamera("gate", server.url(), SystemClock()).open()
