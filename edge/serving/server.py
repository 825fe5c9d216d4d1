"""A node's server: its cameras' pictures as they come, for its gateway and nobody else."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from pathlib import Path

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.convertors import StringConvertor, register_url_convertor
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from edge.clock import Clock, to_iso
from edge.errors import LivecamError
from edge.segment import NAME_PATTERN
from edge.serving import sockets
from edge.serving.channel import Channel, Why
from edge.serving.recorded import pictures
from edge.serving.still import Stills

# When a picture came from its camera (UTC).
TAKEN = "Livecam-Taken"


class _Camera(StringConvertor):
    regex = NAME_PATTERN.strip("^$")


register_url_convertor("camera", _Camera())


@dataclass
class _Node:
    folder: Path
    stills: Stills
    token: Callable[[], str | None] = field(repr=False)
    channels: dict[str, Channel] = field(default_factory=dict)

    def is_known(self, connection: HTTPConnection) -> bool:
        """Whether it shows the gateway's word; nobody does while there is none."""
        known = self.token()
        shown = connection.headers.get("authorization", "")
        wanted = f"Bearer {known}".encode()
        return hmac.compare_digest(shown.encode("utf-8", "replace"), wanted) and bool(known)

    def channel(self, camera: str) -> Channel:
        if camera not in self.channels:
            self.channels[camera] = Channel(partial(pictures, self.folder, camera), Why.CAMERA)
        return self.channels[camera]


def create_server(
    node: str, folder: Path, clock: Clock, token: Callable[[], str | None]
) -> Starlette:
    """The ASGI app. `folder` is where recorders have their sockets.

    `token` is asked at each request: what it says is the word to show, None that there is none.
    """
    served = _Node(folder, Stills(folder, clock), token)

    async def health(request: Request) -> Response:
        if not served.is_known(request):
            return _refused()
        return JSONResponse({"status": "ok", "node": node})

    async def snapshot(request: Request) -> Response:
        if not served.is_known(request):
            return _refused()
        try:
            still = await run_in_threadpool(served.stills.of, request.path_params["camera"])
        except LivecamError:
            return JSONResponse({"trouble": Why.CAMERA}, HTTPStatus.SERVICE_UNAVAILABLE)
        return Response(still.jpeg, media_type="image/jpeg", headers={TAKEN: to_iso(still.at_ms)})

    async def live(socket: WebSocket) -> None:
        if not served.is_known(socket):
            await socket.close()
            return
        await sockets.send(served.channel(socket.path_params["camera"]), socket)

    return Starlette(
        routes=[
            Route("/health", health),
            Route("/cameras/{camera:camera}/snapshot.jpg", snapshot),
            WebSocketRoute("/cameras/{camera:camera}/live", live),
        ]
    )


def _refused() -> Response:
    return Response(status_code=HTTPStatus.UNAUTHORIZED, headers={"WWW-Authenticate": "Bearer"})
