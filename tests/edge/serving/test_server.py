"""A node's server: the gateway sees its cameras, nobody else does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import cv2
import httpx
import numpy as np
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect

from edge.camera import blocks
from edge.clock import SystemClock, from_iso
from edge.live import SUFFIX
from infra.waiting import wait_until
from tests.edge.serving import live

ALLOWED = {"Authorization": f"Bearer {live.TOKEN}"}


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """A node that records `gate`."""
    folder = tmp_path_factory.mktemp("node")
    with live.recorded(folder), live.node(folder) as port:
        yield port


def opened(port: int, camera: str = "gate") -> ClientConnection:
    url = f"ws://127.0.0.1:{port}/cameras/{camera}/live"
    return connect(url, additional_headers=ALLOWED, compression=None, proxy=None)


def get(port: int, path: str, **headers: str) -> httpx.Response:
    return httpx.get(f"http://127.0.0.1:{port}{path}", headers=headers, trust_env=False)


def test_pictures_come_one_by_one_and_can_be_played(port: int) -> None:
    with opened(port) as socket:
        told = json.loads(socket.recv(timeout=60))
        pieces = [socket.recv(timeout=60) for _ in range(2 * live.FPS + 3)]
    assert told == {"mime": 'video/mp4; codecs="avc1.42c015"', "width": 320, "height": 176}
    frames = [mark.frame for mark in live.marks(b"".join(map(bytes, pieces)))]  # type: ignore[arg-type]
    assert frames == list(range(frames[0], frames[0] + 2 * live.FPS + 2))


def test_a_second_viewer_begins_with_the_newest_keyframe(port: int) -> None:
    with opened(port) as one, opened(port) as other:
        seen = [[socket.recv(timeout=60) for _ in range(8)] for socket in (one, other)]
    assert seen[0][:2] == seen[1][:2]


def test_a_snapshot_is_of_now(port: int) -> None:
    wait_until(
        lambda: get(port, "/cameras/gate/snapshot.jpg", **ALLOWED).is_success,
        what="a keyframe",
    )
    answer = get(port, "/cameras/gate/snapshot.jpg", **ALLOWED)
    picture = cv2.imdecode(np.frombuffer(answer.content, np.uint8), cv2.IMREAD_GRAYSCALE)
    mark = blocks.read(picture)  # type: ignore[arg-type]
    assert mark is not None
    assert mark.camera == "gate"
    assert abs(from_iso(answer.headers["livecam-taken"]) - SystemClock().utc_ms()) < 60_000
    again = get(port, "/cameras/gate/snapshot.jpg", **ALLOWED)
    assert again.status_code == 200


@pytest.mark.parametrize("shown", [{}, {"Authorization": "Bearer a wor"}, {"Authorization": "a"}])
@pytest.mark.parametrize("path", ["/health", "/cameras/gate/snapshot.jpg"])
def test_whoever_does_not_show_the_word_is_refused(
    port: int, path: str, shown: dict[str, str]
) -> None:
    assert get(port, path, **shown).status_code == 401
    assert get(port, path, **ALLOWED).status_code in {200, 503}
    url = f"ws://127.0.0.1:{port}/cameras/gate/live"
    with pytest.raises(InvalidStatus) as refused:
        connect(url, additional_headers=shown, proxy=None)
    assert refused.value.response.status_code == 403


def test_nobody_is_let_in_while_there_is_no_word(tmp_path: Path) -> None:
    with live.node(tmp_path, lambda: None) as port:
        assert get(port, "/health", Authorization="Bearer None").status_code == 401
        assert get(port, "/health", Authorization="Bearer").status_code == 401


@pytest.mark.parametrize(
    "path", ["/", "/cameras", "/cameras/gate", "/cameras/..%2Fgate/snapshot.jpg", "/docs"]
)
def test_nothing_else_is_served(port: int, path: str) -> None:
    assert get(port, path, **ALLOWED).status_code == 404


def test_a_camera_that_is_away_is_told_and_comes_back(tmp_path: Path) -> None:
    with live.node(tmp_path) as port, opened(port) as socket:
        assert json.loads(socket.recv(timeout=60)) == {"trouble": "camera_away"}
        assert get(port, "/cameras/gate/snapshot.jpg", **ALLOWED).status_code == 503
        assert not (tmp_path / f"gate{SUFFIX}").exists()
        with live.recorded(tmp_path):
            while "mime" not in (told := json.loads(socket.recv(timeout=60))):
                assert "trouble" in told
            assert isinstance(socket.recv(timeout=60), bytes)
