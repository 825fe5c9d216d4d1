"""A channel over a WebSocket."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine

from starlette.websockets import WebSocket, WebSocketDisconnect

from edge.serving.channel import Channel, Listener


async def send(channel: Channel, socket: WebSocket) -> None:
    """Accept, and send what the channel has until the other side leaves."""
    await socket.accept()
    with channel.listening() as listener:
        await until_one_ends(_send(listener, socket), _until_left(socket))


async def until_one_ends(*sides: Coroutine[None, None, None]) -> None:
    """Run both sides of a talk; what the others raise once one has ended is nobody's concern."""
    tasks = [asyncio.create_task(side) for side in sides]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _send(listener: Listener, socket: WebSocket) -> None:
    async for message in listener.messages():
        if isinstance(message, str):
            await socket.send_text(message)
        else:
            await socket.send_bytes(message)


async def _until_left(socket: WebSocket) -> None:
    try:
        while True:
            await socket.receive_text()
    except (WebSocketDisconnect, KeyError):
        return
