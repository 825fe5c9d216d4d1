"""The feed: what happened, as rows for programs and as messages for whoever listens."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from contextlib import suppress
from typing import Annotated, Any

from anyio import to_thread
from fastapi import APIRouter, FastAPI, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from dashboards.api.gate import Archived, visitor
from dashboards.api.nodes import Desked
from dashboards.nodes.desk import Desk
from edge.errors import Retryable
from flows.feed import Kind, Told

routes = APIRouter(tags=["feed"])

MOST = 500
# A listener that hears nothing still knows that the gateway is there.
QUIET_S = 20.0
_ID = r"^[0-9a-f]{16}$"


class Message(BaseModel):
    """Something that happened; what else is known of it stands beside these."""

    model_config = ConfigDict(extra="allow")

    id: str = Field(examples=["5f1d0a3b9c2e4d67"])
    time: str = Field(description="When it became known.", examples=["2026-11-01T10:00:00.000Z"])
    kind: Kind
    camera: str | None = None
    node: str | None = None


class Messages(BaseModel):
    """Oldest first; `next` is the `since` that goes on behind them."""

    feed: list[Message]
    next: str | None


Since = Annotated[
    str | None,
    Query(pattern=_ID, description="The `id` heard last.", examples=["5f1d0a3b9c2e4d67"]),
]


@routes.get("/feed", response_model_exclude_unset=True)
def feed(
    archive: Archived,
    known: Desked,
    since: Since = None,
    limit: Annotated[int, Query(ge=1, le=MOST, description="How many at most.")] = 100,
) -> Messages:
    """What happened after `since`, without it all that is kept (14 days)."""
    found = known.feed.after(since, archive.site.only, limit)
    messages = [Message.model_validate(one.message) for one in found]
    return Messages(feed=messages, next=found[-1].id if found else since)


def events(api: FastAPI) -> list[WebSocketRoute]:
    """The route beside `/api`: `/ws/events?since=ID`, without `since` what comes from now on.

    The first message is `{"kind": "ready", "since": ID}`; while nothing happens one of kind `quiet`
    comes now and then.
    """

    async def listen(socket: WebSocket) -> None:
        desk = api.state.desk
        assert isinstance(desk, Desk)
        await socket.accept()
        telling = asyncio.create_task(_tell(socket, desk, visitor(socket).cameras))
        try:
            await _until_gone(socket)
        finally:
            telling.cancel()
            with suppress(asyncio.CancelledError, WebSocketDisconnect, RuntimeError):
                await telling

    return [WebSocketRoute("/ws/events", listen)]


async def _until_gone(socket: WebSocket) -> None:
    """What a listener says is of no interest but that it leaves."""
    while (await socket.receive())["type"] != "websocket.disconnect":
        pass


async def _tell(socket: WebSocket, desk: Desk, only: Collection[str] | None) -> None:
    since: str = socket.query_params.get("since", "")
    with desk.bell.heard() as bell:
        since = since or await to_thread.run_sync(desk.feed.newest, only)
        await socket.send_json({"kind": "ready", "since": since})
        while True:
            bell.clear()
            found = await _after(desk, since, only)
            for told in found:
                await socket.send_json(told.message)
                since = told.id
            if not (found or bell.is_set()):
                await _rest(socket, bell, since)


async def _after(desk: Desk, since: str, only: Collection[str] | None) -> list[Told]:
    try:
        return await to_thread.run_sync(desk.feed.after, since, only, MOST)
    except Retryable:
        return []  # asked again at the next ring


async def _rest(socket: WebSocket, bell: asyncio.Event, since: str) -> None:
    try:
        await asyncio.wait_for(bell.wait(), QUIET_S)
    except TimeoutError:
        quiet: dict[str, Any] = {"kind": "quiet", "since": since}
        await socket.send_json(quiet)
