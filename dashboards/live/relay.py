"""Cameras' pictures from their nodes: one connection a camera, however many watch."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, AsyncIterator
from functools import partial

from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

from dashboards.nodes.book import NodeAddress, NodeBook
from edge.errors import CameraUnreachable
from edge.serving import place, token
from edge.serving.channel import Channel, Item, Trouble, Why
from edge.serving.fragments import Opening, Picture, is_keyframe
from flows.site import Following, Site

_LARGEST_BYTES = 64 << 20
_OPEN_S, _PING_S = 5.0, 10.0


def address(site: Site, camera: str) -> NodeAddress:
    """Where a camera's pictures come from. Raises CameraUnreachable while its node is away."""
    node = site.settings.node_of(camera) or ""
    port = place.port_of(site.home, node) if node else None
    if port is not None:
        return NodeAddress(f"http://127.0.0.1:{port}", token.make(site.home, node))
    found = NodeBook(site.home, site.clock).address(node) if node else None
    if found is None:
        raise CameraUnreachable("its node is not there", camera=camera)
    return found


class Relay:
    """The channels of a site's cameras; for one event loop."""

    def __init__(self, site: Following) -> None:
        self._site = site
        self._channels: dict[str, Channel] = {}

    def channel(self, camera: str) -> Channel:
        """A configured camera's; whoever asks may see it."""
        if camera not in self._channels:
            self._channels[camera] = Channel(partial(self._pictures, camera), Why.NODE)
        return self._channels[camera]

    @property
    def viewers(self) -> int:
        """How many watch now, each camera counted."""
        return sum(channel.listeners for channel in self._channels.values())

    async def _pictures(self, camera: str) -> AsyncGenerator[Item, None]:
        where = address(self._site.now, camera)
        try:
            async with connect(
                f"{where.url.replace('http', 'ws', 1)}/cameras/{camera}/live",
                additional_headers={"Authorization": f"Bearer {where.token}"},
                compression=None,
                proxy=None,
                max_size=_LARGEST_BYTES,
                open_timeout=_OPEN_S,
                ping_interval=_PING_S,
                ping_timeout=_PING_S,
            ) as socket:
                async for item in _items(aiter(socket)):
                    yield item
        except (OSError, TimeoutError, WebSocketException, ValueError):
            # From None: what these say may hold the node's word.
            raise CameraUnreachable("its node cannot be reached", camera=camera) from None


async def _items(messages: AsyncIterator[str | bytes]) -> AsyncIterator[Item]:
    """What a node sends, as a channel takes it. Raises ValueError for what no node sends."""
    opening = ""
    async for message in messages:
        if isinstance(message, str):
            told = json.loads(message)
            opening = message if "mime" in told else ""
            if not opening:
                yield Trouble(str(told.get("trouble", "")))
        elif opening:
            yield Opening(opening, message)
            opening = ""
        else:
            yield Picture(message, is_keyframe(message))
