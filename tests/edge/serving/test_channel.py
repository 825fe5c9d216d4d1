"""Listeners of a channel: a slow one loses what it cannot have, and nobody waits for it."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncGenerator

from edge.errors import BadMedia, CameraUnreachable
from edge.serving.channel import Channel, Item, Listener, Why
from edge.serving.fragments import Opening, Picture

OPENING = Opening('{"mime": "video/mp4"}', b"init")


def picture(number: int, *, size: int = 0) -> Picture:
    """One of a stream with a keyframe every fourth."""
    return Picture(f"{number} ".encode() + bytes(size), number % 4 == 0)


async def heard(listener: Listener, count: int) -> list[str]:
    """The next messages, by their first word."""
    found: list[str] = []
    async for message in listener.messages():
        text = message if isinstance(message, str) else message.split(b" ")[0].decode()
        found.append(text)
        if len(found) == count:
            return found
    return found


class Feed:
    """A source that gives what it is handed; raises what is an error."""

    def __init__(self) -> None:
        self.given: asyncio.Queue[Item | Exception] = asyncio.Queue()
        self.opened = 0

    async def __call__(self) -> AsyncGenerator[Item, None]:
        self.opened += 1
        while True:
            item = await self.given.get()
            if isinstance(item, Exception):
                raise item
            yield item

    def give(self, *items: Item | Exception) -> None:
        for item in items:
            self.given.put_nowait(item)


def test_who_comes_later_begins_with_the_newest_keyframe() -> None:
    async def run() -> None:
        feed = Feed()
        channel = Channel(feed, Why.CAMERA)
        with channel.listening() as one:
            feed.give(OPENING, *(picture(n) for n in range(6)))
            assert (await heard(one, 8))[2:] == ["0", "1", "2", "3", "4", "5"]
            with channel.listening() as other:
                assert (await heard(other, 4))[2:] == ["4", "5"]
            assert channel.listeners == 1
        assert feed.opened == 1
        channel.close()

    asyncio.run(run())


def test_who_does_not_read_loses_whole_groups_and_holds_no_more_than_so_much() -> None:
    async def run() -> None:
        feed = Feed()
        channel = Channel(feed, Why.CAMERA)
        with channel.listening() as slow, channel.listening() as quick:
            reading = asyncio.create_task(heard(quick, 102))
            feed.give(OPENING)
            for number in range(100):
                feed.give(picture(number, size=1 << 20))
                await asyncio.sleep(0)
            assert (await reading)[2:] == [str(n) for n in range(100)]
            assert slow._bytes < 20 << 20
            waiting = len(slow._queue)
            assert waiting < 20
            got = await heard(slow, waiting + 1)
            numbers = [int(text) for text in got[2:]]
            assert numbers[0] % 4 == 0
            assert all(b == a + 1 or b % 4 == 0 for a, b in itertools.pairwise(numbers))
        channel.close()

    asyncio.run(run())


def test_troubles_are_told_by_what_they_are_and_to_who_comes_later() -> None:
    async def run() -> None:
        feed = Feed()
        channel = Channel(feed, Why.NODE)
        with channel.listening() as one:
            feed.give(CameraUnreachable("gone"))
            assert await heard(one, 1) == ['{"trouble": "node_away"}']
            with channel.listening() as other:
                assert await heard(other, 1) == ['{"trouble": "node_away"}']
            feed.give(BadMedia("mjpeg"))
            assert await heard(one, 1) == ['{"trouble": "not_shown"}']
            feed.give(OPENING, picture(0))
            assert await heard(one, 3) == [OPENING.told, "init", "0"]
        assert feed.opened == 3
        channel.close()

    asyncio.run(run())
