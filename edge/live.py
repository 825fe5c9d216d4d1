"""A camera's pictures as they come, to whoever connects to its local socket.

`recorder/<camera>.live` is a stream socket that its owner alone may open. What comes is a row of
frames: 4 bytes of length, 1 of kind, 8 each of the monotonic time of arrival in ms, of PTS and of
DTS in 1/90,000 s, then the bytes. Kind 0 is JSON and tells how the packets that follow are to be
read (`codec`, `extradata` in base64, `width`, `height`), 1 is a keyframe's packet, 2 another's. The
first packet is the newest keyframe.
"""

from __future__ import annotations

import base64
import json
import logging
import os
import select
import socket
import struct
import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Self

from edge.errors import CameraUnreachable
from edge.subscribers import Fan, Offered, Stream

log = logging.getLogger(__name__)

SUFFIX = ".live"
_HEAD = struct.Struct(">IBqqq")
HEAD_BYTES = _HEAD.size
_STREAM, _KEYFRAME, _OTHER = range(3)
_MOST_CLIENTS = 8
_LONGEST = 64 << 20
_IDLE_S, _STUCK_S = 1.0, 30.0


class LiveSocket:
    """Serves a camera's fan until it is closed; recording goes on where it cannot be served."""

    def __init__(self, folder: Path, camera: str, fan: Fan) -> None:
        self._folder, self._camera, self._fan = folder, camera, fan
        self._clients = threading.BoundedSemaphore(_MOST_CLIENTS)
        self._closed = threading.Event()
        self._socket: socket.socket | None = None

    def __enter__(self) -> Self:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._socket = _bound(self._folder, self._camera + SUFFIX)
        except OSError as error:
            log.warning("%s: no live socket: %s", self._camera, error.strerror)
            return self
        threading.Thread(target=self._serve, name="live", daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closed.set()
        if self._socket is not None:
            self._socket.close()
            with suppress(OSError):
                (self._folder / (self._camera + SUFFIX)).unlink(missing_ok=True)

    def _serve(self) -> None:
        assert self._socket is not None
        while not self._closed.is_set():
            try:
                client, _ = self._socket.accept()
            except OSError:
                return
            if not self._clients.acquire(blocking=False):
                client.close()
                continue
            threading.Thread(target=self._send, args=(client,), name="live", daemon=True).start()

    def _send(self, client: socket.socket) -> None:
        subscriber, stream = self._fan.subscribe("live"), None
        client.settimeout(_STUCK_S)
        try:
            while not self._closed.is_set():
                one = subscriber.get(_IDLE_S)
                if one is None:
                    if _left(client):
                        return
                    continue
                if one.stream is not stream:
                    stream = one.stream
                    client.sendall(_frame(_STREAM, one, _told(stream)))
                kind = _KEYFRAME if one.keyframe else _OTHER
                client.sendall(_frame(kind, one, one.data))
        except OSError:
            pass  # it left, or does not read
        finally:
            self._fan.leave(subscriber)
            client.close()
            self._clients.release()


def follow(folder: Path, camera: str, seconds: float = 10.0) -> Generator[Offered, None, None]:
    """A camera's packets from its newest keyframe on, for as long as they are asked for.

    Raises CameraUnreachable where it is not recorded here, or sends nothing for so long.
    """
    frames = Frames()
    try:
        with connected(folder, camera) as source:
            source.settimeout(seconds)
            while True:
                size = frames.size(_exactly(source, HEAD_BYTES))
                one = frames.take(_exactly(source, size))
                if one is not None:
                    yield one
    except (OSError, EOFError):
        raise silent(camera) from None


def silent(camera: str) -> CameraUnreachable:
    """The error for a camera from which no picture comes."""
    hint = "Is it recorded on this machine, not paused, and its camera there?"
    return CameraUnreachable("no picture comes from it", camera=camera, hint=hint)


class Frames:
    """Reads what a socket sends, by turns HEAD_BYTES and as many as those said."""

    def __init__(self) -> None:
        self._stream: Stream | None = None
        self._kind, self._times = _OTHER, (0, 0, 0)

    def size(self, head: bytes) -> int:
        """How many bytes follow. Raises EOFError for what no recorder sends."""
        size, self._kind, *times = _HEAD.unpack(head)
        self._times = (times[0], times[1], times[2])
        if size > _LONGEST:
            raise EOFError
        return int(size)

    def take(self, data: bytes) -> Offered | None:
        """The packet that these are, if they are one."""
        if self._kind == _STREAM:
            told = json.loads(data)
            self._stream = Stream(**{**told, "extradata": base64.b64decode(told["extradata"])})
        elif self._stream is not None:
            return Offered(self._stream, data, self._kind == _KEYFRAME, *self._times)
        return None


def _frame(kind: int, one: Offered, data: bytes) -> bytes:
    return _HEAD.pack(len(data), kind, one.arrived_ms, one.pts_90k, one.dts_90k) + data


def _told(stream: Stream) -> bytes:
    told = stream._asdict() | {"extradata": base64.b64encode(stream.extradata).decode()}
    return json.dumps(told).encode()


def _left(client: socket.socket) -> bool:
    """Whether it has closed its side: while no picture comes, no sending tells."""
    readable, _, _ = select.select([client], [], [], 0)
    return bool(readable) and not client.recv(1, socket.MSG_PEEK)


def _exactly(source: socket.socket, size: int) -> bytes:
    data = bytearray()
    while len(data) < size:
        more = source.recv(min(size - len(data), 1 << 16))
        if not more:
            raise EOFError
        data += more
    return bytes(data)


def _bound(folder: Path, name: str) -> socket.socket:
    with _short(folder) as short:
        (folder / name).unlink(missing_ok=True)
        made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        before = os.umask(0o177)  # nobody else may connect, not for a moment
        try:
            made.bind(f"{short}/{name}")
        except OSError:
            made.close()
            raise
        finally:
            os.umask(before)
        made.listen()
        return made


@contextmanager
def connected(folder: Path, camera: str) -> Iterator[socket.socket]:
    """A connection to a camera's socket. Raises OSError where nobody serves it."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as made:
        with _short(folder) as short:
            made.connect(f"{short}/{camera}{SUFFIX}")
        yield made


@contextmanager
def _short(folder: Path) -> Iterator[str]:
    """Another name of a folder: that of a socket may have 107 bytes and no more."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{handle}"
    finally:
        os.close(handle)
