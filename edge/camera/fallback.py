"""`fallback: scene`: what is drawn while a camera cannot be opened, and marked as that."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import Any

import av

from edge.camera import Camera, Feed
from edge.camera.opening import Opening
from edge.clock import Clock
from edge.doing import Now
from edge.errors import LivecamError
from edge.segment import FALLBACK

log = logging.getLogger(__name__)

Waits = Callable[[], Iterator[float]]


class FallbackCamera:
    """`real`, or `stand_in` while that cannot be opened: it is tried again for ever, by `waits`.

    `kind` is that of what was opened last; a stand-in's begins with FALLBACK.
    """

    def __init__(
        self, name: str, real: Camera, stand_in: Camera, clock: Clock, waits: Waits, now: Now
    ) -> None:
        self.kind = real.kind
        self._name, self._real, self._stand_in = name, real, stand_in
        self._clock, self._waits, self._now = clock, waits, now
        self._came: Opening | None = None

    def __repr__(self) -> str:
        return f"FallbackCamera({self._name!r})"

    def open(self) -> Feed:
        """The camera, or else its stand-in."""
        came, self._came = self._came, None
        try:
            feed: Feed = self._real.open() if came is None else Come(came)
        except LivecamError as error:
            log.warning("%s: %s; a drawn scene is recorded in its place", self._name, error.message)
            self._now.change(fallback=True)
            self.kind = FALLBACK + self._stand_in.kind
            return StandIn(self, self._stand_in.open())
        self._now.change(fallback=False)
        self.kind = self._real.kind
        return feed

    def attempts(self) -> Attempts:
        return Attempts(self._name, self._real, self._clock, self._waits())

    def came(self, opening: Opening) -> None:
        """It can be opened again: that is what is opened next."""
        log.warning("%s: is there again", self._name)
        assert opening.feed is not None
        self._now.forget(opening.feed.rung)
        self._came = opening


class Attempts:
    """One attempt after another to open a camera; `look` never waits."""

    def __init__(self, name: str, camera: Camera, clock: Clock, waits: Iterator[float]) -> None:
        self._name, self._camera, self._clock, self._waits = name, camera, clock, waits
        self._opening: Opening | None = None
        self._wait()

    def _wait(self) -> None:
        self._due_ms = self._clock.monotonic_ms() + round(next(self._waits) * 1_000)

    def look(self) -> Opening | None:
        """What succeeded, once."""
        opening = self._opening
        if opening is None:
            if self._clock.monotonic_ms() >= self._due_ms:
                self._opening = Opening(self._name, self._camera, self._clock)
            return None
        if not opening.over:
            return None
        self._opening = None
        if opening.failed is None:
            return opening
        log.info("%s: still not there: %s", self._name, opening.failed.message)
        self._wait()
        return None

    def close(self) -> None:
        if self._opening is not None:
            self._opening.give_up()


class StandIn:
    """A stand-in's feed, which ends when the camera is there again."""

    def __init__(self, camera: FallbackCamera, feed: Feed) -> None:
        self._camera, self._feed, self._attempts = camera, feed, camera.attempts()
        self.audio, self.keeps = feed.audio, False

    @property
    def video(self) -> av.VideoStream:
        return self._feed.video

    @property
    def rung(self) -> str:
        return self._feed.rung

    def packets(self) -> Iterator[av.Packet[Any]]:
        """The stand-in's, until the camera's first keyframe is here."""
        for packet in self._feed.packets():
            yield packet
            came = self._attempts.look()
            if came is not None:
                self._camera.came(came)
                return

    def mend(self, packet: av.Packet[Any], arrived_ms: int) -> None:
        self._feed.mend(packet, arrived_ms)

    def close(self) -> None:
        self._attempts.close()
        self._feed.close()


class Come:
    """The feed of a camera that was opened beside its stand-in."""

    def __init__(self, opening: Opening) -> None:
        assert opening.feed is not None
        self._opening, self._feed = opening, opening.feed
        self.audio, self.keeps = self._feed.audio, self._feed.keeps

    @property
    def video(self) -> av.VideoStream:
        return self._feed.video

    @property
    def rung(self) -> str:
        return self._feed.rung

    @property
    def lost(self) -> int:
        return getattr(self._feed, "lost", 0)

    def packets(self) -> Iterator[av.Packet[Any]]:
        return self._opening.packets()

    def mend(self, packet: av.Packet[Any], arrived_ms: int) -> None:
        self._feed.mend(packet, arrived_ms)

    def close(self) -> None:
        self._feed.close()
