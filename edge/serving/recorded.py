"""What a camera's recorder on this machine sees, for one event loop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import closing
from pathlib import Path

from edge.live import HEAD_BYTES, Frames, connected, silent
from edge.serving.channel import Item
from edge.serving.fragments import Fragments
from edge.subscribers import Offered

_SILENT_S = 10.0


async def pictures(folder: Path, camera: str) -> AsyncGenerator[Item, None]:
    """A camera's pictures from its newest keyframe on.

    Raises CameraUnreachable where it is not recorded here, or sends nothing for ten seconds, and
    BadMedia for what no player could show.
    """
    fragments = Fragments()
    try:
        with connected(folder, camera) as made:
            made.setblocking(False)
            reader, writer = await asyncio.open_unix_connection(sock=made)
            with closing(writer):
                frames = Frames()
                while True:
                    one = await asyncio.wait_for(_next(reader, frames), _SILENT_S)
                    for item in fragments.add(one) if one else ():
                        yield item
    except (OSError, EOFError, TimeoutError):
        raise silent(camera) from None


async def _next(reader: asyncio.StreamReader, frames: Frames) -> Offered | None:
    size = frames.size(await reader.readexactly(HEAD_BYTES))
    return frames.take(await reader.readexactly(size))
