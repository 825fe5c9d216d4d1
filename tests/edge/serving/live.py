"""A recorder's live socket without a recorder, and a node's server in this process."""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import av
import uvicorn
from starlette.types import ASGIApp

from edge.camera import blocks
from edge.camera.scene import SceneCamera
from edge.clock import SystemClock
from edge.live import LiveSocket
from edge.serving.server import create_server
from edge.subscribers import Fan
from infra.waiting import wait_until
from tests.edge.fake_clock import FakeClock
from tests.servers.process import free_port

FPS = 5
TOKEN = "a word"


def drawn(camera: str = "gate", size: str = "320x176") -> Iterator[av.Packet[Any]]:
    """Packets as quickly as they can be drawn; a keyframe a second."""
    return SceneCamera(camera, f"?fps={FPS}&size={size}", FakeClock()).open().packets()


@contextmanager
def recorded(folder: Path, camera: str = "gate", *, fps: float = 25.0) -> Iterator[Fan]:
    """A camera whose pictures come `fps` times a second, each 1/FPS s after the one before."""
    fan, ended = Fan(), threading.Event()

    def offer() -> None:
        for packet in drawn(camera):
            fan.offer(packet, time.monotonic_ns() // 1_000_000)
            if ended.wait(1 / fps):
                return

    thread = threading.Thread(target=offer)
    with LiveSocket(folder, camera, fan):
        thread.start()
        try:
            yield fan
        finally:
            ended.set()
            thread.join()


@contextmanager
def running(app: ASGIApp, port: int | None = None) -> Iterator[int]:
    """An ASGI app under uvicorn, as it is served; its port."""
    config = uvicorn.Config(
        app, port=port or free_port(), log_config=None, ws_per_message_deflate=False
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        wait_until(lambda: server.started, what="the server")
        yield config.port
    finally:
        server.should_exit = True
        thread.join()


@contextmanager
def node(folder: Path, token: Callable[[], str | None] = lambda: TOKEN) -> Iterator[int]:
    """A node's server; its port."""
    with running(create_server("local", folder, SystemClock(), token)) as port:
        yield port


def marks(file: bytes) -> list[blocks.Mark]:
    """What the pictures of an MP4 tell."""
    with av.open(io.BytesIO(file), "r") as source:
        pictures = [one.to_ndarray(format="gray") for one in source.decode(video=0)]
    found = [blocks.read(one) for one in pictures]  # type: ignore[arg-type]
    return [mark for mark in found if mark is not None]
