"""One camera's pictures to any number of listeners, each as quick as it can be.

A node fills a channel from its recorder, a gateway another one from the node.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from contextlib import aclosing, contextmanager
from enum import StrEnum
from typing import NamedTuple

from edge.errors import BadMedia, LivecamError
from edge.serving.fragments import Opening, Picture

# Whoever is behind by more goes on with the next keyframe: live is now, or nothing.
_BEHIND_S, _MOST_BYTES = 2.0, 16 << 20
_LONGEST_PICTURES, _LONGEST_BYTES = 512, 8 << 20
_LINGER_S, _AGAIN_S = 5.0, 1.0


class Why(StrEnum):
    """What can be wrong, as players are told it."""

    CAMERA = "camera_away"
    NODE = "node_away"
    CODEC = "not_shown"  # what it sends is no H.264 or HEVC


class Trouble(NamedTuple):
    """Why no picture comes."""

    why: str


Item = Opening | Picture | Trouble
Source = Callable[[], AsyncGenerator[Item, None]]


class Listener:
    """A queue that is bounded in time and bytes; for one event loop."""

    def __init__(self) -> None:
        self._queue: deque[tuple[Item, float]] = deque()
        self._bytes, self._broken = 0, False
        self._ready = asyncio.Event()

    def put(self, item: Item) -> None:
        """Take it, or lose what waits, up to the next keyframe."""
        if isinstance(item, Picture):
            if self._is_behind():
                self._lose()
            if self._broken and not item.keyframe:
                return
            self._bytes += len(item.fragment)
        self._broken = False
        self._queue.append((item, asyncio.get_running_loop().time()))
        self._ready.set()

    def lose_until_keyframe(self) -> None:
        """Take no picture before the next keyframe."""
        self._broken = True

    async def messages(self) -> AsyncIterator[str | bytes]:
        """What a player is sent: lines of JSON, and after each with a `mime` its init section."""
        while True:
            while self._queue:
                item, _ = self._queue.popleft()
                if isinstance(item, Picture):
                    self._bytes -= len(item.fragment)
                    yield item.fragment
                elif isinstance(item, Opening):
                    yield item.told
                    yield item.init
                else:
                    yield json.dumps({"trouble": item.why})
            self._ready.clear()
            await self._ready.wait()

    def _is_behind(self) -> bool:
        if self._bytes > _MOST_BYTES:
            return True
        now = asyncio.get_running_loop().time()
        return bool(self._queue) and now - self._queue[0][1] > _BEHIND_S

    def _lose(self) -> None:
        self._queue = deque(one for one in self._queue if not isinstance(one[0], Picture))
        self._bytes, self._broken = 0, True


class Channel:
    """Reads `source` while somebody listens and a little longer, again and again where it fails.

    `away` is what listeners are told of a source that is not there.
    """

    def __init__(self, source: Source, away: Why) -> None:
        self._source, self._away = source, away
        self._listeners: set[Listener] = set()
        self._opening: Opening | None = None
        self._trouble: Trouble | None = None
        self._group: list[Picture] = []  # since the newest keyframe
        self._bytes, self._whole = 0, True
        self._task: asyncio.Task[None] | None = None
        self._rests: asyncio.TimerHandle | None = None

    @property
    def listeners(self) -> int:
        """How many listen now."""
        return len(self._listeners)

    @contextmanager
    def listening(self) -> Iterator[Listener]:
        """A listener that begins with the newest keyframe, if there is one."""
        listener = Listener()
        self._begin(listener)
        self._listeners.add(listener)
        if self._rests is not None:
            self._rests.cancel()
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run())
        try:
            yield listener
        finally:
            self._listeners.discard(listener)
            if not self._listeners:
                loop = asyncio.get_running_loop()
                self._rests = loop.call_later(_LINGER_S, self.close)

    def close(self) -> None:
        """Read no more; whoever listens again begins anew."""
        if self._task is not None:
            self._task.cancel()
        self._task = self._rests = self._opening = self._trouble = None
        self._group = []

    def _begin(self, listener: Listener) -> None:
        if self._trouble is not None:
            listener.put(self._trouble)
        elif self._opening is not None:
            listener.put(self._opening)
            for picture in self._group:
                listener.put(picture)
            if not (self._group and self._whole):
                listener.lose_until_keyframe()

    async def _run(self) -> None:
        while True:
            try:
                async with aclosing(self._source()) as items:
                    async for item in items:
                        self._take(item)
            except BadMedia:
                self._take(Trouble(Why.CODEC))
            except LivecamError:
                self._take(Trouble(self._away))
            await asyncio.sleep(_AGAIN_S)

    def _take(self, item: Item) -> None:
        if isinstance(item, Picture):
            self._keep(item)
        else:
            self._group = []
            self._opening = item if isinstance(item, Opening) else None
        self._trouble = item if isinstance(item, Trouble) else None
        for listener in self._listeners:
            listener.put(item)

    def _keep(self, picture: Picture) -> None:
        if picture.keyframe:
            self._group, self._bytes, self._whole = [], 0, True
        elif not (self._group and self._whole):
            return
        self._group.append(picture)
        self._bytes += len(picture.fragment)
        if len(self._group) > _LONGEST_PICTURES or self._bytes > _LONGEST_BYTES:
            self._group, self._whole = self._group[:1], False
