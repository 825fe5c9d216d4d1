"""A channel over a WebSocket."""

from __future__ import annotations

import asyncio

from starlette.websockets import WebSocket, WebSocketDisconnect

from edge.serving.channel import Channel, Listener


async def send(channel: Channel, socket: WebSocket) -> None:
    """Accept, and send what the channel has until the other side leaves."""
    await socket.accept()
    with channel.listening() as listener:
        tasks = [
            asyncio.create_task(_send(listener, socket)),
            asyncio.create_task(_until_left(socket)),
        ]
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
