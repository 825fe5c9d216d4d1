"""Cameras as they are now: `/ws/stream/<camera>`, and a picture a second for tiles."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI
from fastapi.responses import Response
from starlette.requests import HTTPConnection
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket

from dashboards.api.gate import Archived, visitor
from dashboards.api.parameters import CameraPath
from dashboards.archive import Archive
from dashboards.live.relay import Relay
from dashboards.live.snapshots import Snapshots
from edge.clock import to_iso
from edge.serving import sockets
from edge.serving.server import TAKEN
from flows.site import Following, Site

routes = APIRouter()

JPEG = "image/jpeg"
SOURCE = "Livecam-Source"  # of a snapshot: `live`, or `stored`


def install(api: FastAPI, site: Site | Following) -> None:
    """Give an API what its routes here need."""
    following = site if isinstance(site, Following) else Following(site)
    api.state.relay, api.state.snapshots = Relay(following), Snapshots(following)


def streams(api: FastAPI) -> list[WebSocketRoute]:
    """The routes beside `/api`."""

    async def stream(socket: WebSocket) -> None:
        archive, camera = api.state.archive, socket.path_params["camera"]
        assert isinstance(archive, Archive)
        # Of a camera that they may not see as of one that never was.
        if camera not in archive.seen_by(visitor(socket)).site.cameras:
            await socket.close()
            return
        await sockets.send(api.state.relay.channel(camera), socket)

    return [WebSocketRoute("/ws/stream/{camera}", stream)]


def _snapshots(connection: HTTPConnection) -> Snapshots:
    found = connection.app.state.snapshots
    assert isinstance(found, Snapshots)
    return found


@routes.get(
    "/cameras/{camera}/snapshot.jpg",
    response_class=Response,
    responses={
        200: {
            "content": {JPEG: {"schema": {"type": "string", "format": "binary"}}},
            "headers": {
                TAKEN: {"description": "When it was taken.", "schema": {"type": "string"}},
                SOURCE: {
                    "description": "`live`, or `stored` where the camera can't be had now.",
                    "schema": {"type": "string", "enum": ["live", "stored"]},
                },
            },
        }
    },
)
def snapshot(
    archive: Archived, camera: CameraPath, snapshots: Annotated[Snapshots, Depends(_snapshots)]
) -> Response:
    """The camera's newest keyframe, at most a second and its distance to the next one old."""
    found = snapshots.of(archive, camera)
    headers = {
        "Cache-Control": "no-store",
        TAKEN: to_iso(found.at_ms),
        SOURCE: "live" if found.live else "stored",
    }
    return Response(found.jpeg, media_type=JPEG, headers=headers)
