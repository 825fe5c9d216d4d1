"""Many live streams taken at once, as browsers take them, and when their pictures came."""

from __future__ import annotations

import asyncio
import itertools
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from websockets.asyncio.client import connect


class Taken:
    """When each stream's pictures came, in seconds of one clock."""

    def __init__(self, count: int) -> None:
        self._came: list[list[float]] = [[] for _ in range(count)]
        self._ended = 0.0

    @property
    def pictures(self) -> int:
        return sum(len(came) for came in self._came)

    @property
    def longest_ms(self) -> float:
        """The longest that any stream had nothing to show."""
        return max((wait for waits in self._waits() for wait in waits), default=0.0)

    def stalls(self, longer_ms: float) -> int:
        """How often any of them waited longer."""
        return sum(wait > longer_ms for waits in self._waits() for wait in waits)

    def end(self) -> None:
        self._ended = time.monotonic()

    def _waits(self) -> Iterator[list[float]]:
        for came in self._came:
            yield [(b - a) * 1_000 for a, b in itertools.pairwise([*came, self._ended])]

    async def take(self, address: str, number: int, camera: str) -> None:
        """Take one stream until cancelled."""
        url = f"{address.replace('http', 'ws', 1)}/ws/stream/{camera}"
        async with connect(url, compression=None, proxy=None, max_size=None) as socket:
            async for message in socket:
                if isinstance(message, bytes):
                    self._came[number].append(time.monotonic())


@contextmanager
def streams(address: str, cameras: Sequence[str]) -> Iterator[Taken]:
    """Take a stream for each of `cameras` while the body runs, all in a thread of their own."""
    taken, ended = Taken(len(cameras)), threading.Event()

    async def run() -> None:
        tasks = [
            asyncio.create_task(taken.take(address, number, camera))
            for number, camera in enumerate(cameras)
        ]
        await asyncio.to_thread(ended.wait)
        taken.end()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    thread = threading.Thread(target=asyncio.run, args=(run(),))
    thread.start()
    try:
        yield taken
    finally:
        ended.set()
        thread.join()
