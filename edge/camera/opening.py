"""A camera opened beside another that is being read, up to its first keyframe."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import av

from edge.camera import Camera, Feed
from edge.clock import Clock
from edge.errors import CameraUnreachable, LivecamError

_WAITED_MS, _HOLD_MS = 20, 500
_KEYFRAME_MS = 30_000

Packets = Iterator["av.Packet[Any]"]


class Opening:
    """Opens `camera` in a thread of its own. When `over`, it has `failed`, or is to be taken.

    Many cameras begin with a burst of what was before: of that, the last GOP is held, and how
    late it came is known from the packet that had to be waited for.
    """

    def __init__(self, name: str, camera: Camera, clock: Clock) -> None:
        self._name, self._camera, self._clock = name, camera, clock
        self._lock = threading.Lock()
        self._given_up = False
        self.over = False
        self.failed: LivecamError | None = None
        self.feed: Feed | None = None
        self.held: list[tuple[av.Packet[Any], int]] = []  # and when each came, in monotonic ms
        self._source: Packets | None = None
        threading.Thread(target=self._run, name="opening", daemon=True).start()

    def packets(self) -> Packets:
        """What is held, from a keyframe on, and then what comes; for one reader, once."""
        assert self._source is not None
        yield from (packet for packet, _ in self.held)
        yield from self._source

    def give_up(self) -> None:
        """Close what was opened, now or as soon as it is; harmless to repeat."""
        with self._lock:
            self._given_up = True
            if self.over and self.feed is not None:
                self.feed.close()

    def _run(self) -> None:
        try:
            self._open()
        except LivecamError as error:
            self.failed = error
        except Exception as error:  # noqa: BLE001  a thread's error would be nobody's
            self.failed = CameraUnreachable(f"it fails: {type(error).__name__}", camera=self._name)
        with self._lock:
            self.over = True
            if self.feed is not None and (self._given_up or self.failed is not None):
                self.feed.close()

    def _open(self) -> None:
        self.feed = self._camera.open()
        self._source = iter(self.feed.packets())
        video, began_ms = self.feed.video.index, self._clock.monotonic_ms()
        asked_ms = first_ms = began_ms
        for packet in self._source:
            now_ms = self._clock.monotonic_ms()
            waited, asked_ms = now_ms - asked_ms >= _WAITED_MS, now_ms
            if packet.is_keyframe and packet.stream_index == video:
                first_ms = first_ms if self.held else now_ms
                self.held.clear()
            elif not self.held:
                self._refuse_endless(now_ms - began_ms)
                continue
            self.held.append((packet, now_ms))
            if waited or now_ms - first_ms >= _HOLD_MS or self._given_up:
                return
        raise CameraUnreachable("the camera ended the connection", camera=self._name)

    def _refuse_endless(self, waited_ms: int) -> None:
        if self._given_up or waited_ms > _KEYFRAME_MS:
            raise CameraUnreachable("no keyframe comes", camera=self._name)
