"""Nodes: what they tell of themselves, and what they are told."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, HTTPException, Path, Query, Request
from pydantic import BaseModel, Field
from starlette.requests import HTTPConnection

from dashboards.access.visitor import Role, Visitor
from dashboards.api.gate import ADDRESS, Administering, Archived, Asking
from dashboards.nodes.book import Heard
from dashboards.nodes.desk import Desk
from edge.clock import to_iso
from edge.health import Health
from edge.report import CameraReport
from edge.segment import NAME_PATTERN
from edge.serving import token
from edge.serving.beat import Answer, Applied, Beat
from flows.config_file.of_node import part_of
from flows.config_file.versions import Version
from flows.site import Site

routes = APIRouter(tags=["nodes"])

Number = Annotated[int, Query(ge=1, lt=2**31, description="A version's number.", examples=[7])]
NodePath = Annotated[
    str, Path(pattern=NAME_PATTERN, description="A node's name.", examples=["pi1"])
]


def desk(connection: HTTPConnection) -> Desk:
    """What the gateway keeps of nodes."""
    found = connection.app.state.desk
    assert isinstance(found, Desk)
    return found


Desked = Annotated[Desk, Depends(desk)]


class NodeView(BaseModel):
    """A node as it told last. What counts all of its cameras is null to who may see some only."""

    node: str = Field(examples=["pi1"])
    state: Literal["up", "down", "unknown"] = Field(description="Unknown: never heard of.")
    heard: str | None = Field(description="When it told last.", examples=["2026-11-01T10:00:00Z"])
    age_s: float | None
    version: str | None
    cameras: dict[str, CameraReport | None] = Field(description="Null: its recorder tells nothing.")
    health: Health | None
    segments: int | None = Field(description="Waiting for upload.")
    bytes: int | None
    room_bytes: int | None = Field(description="What its spool may still take.")
    config: Applied | None
    address: str | None = Field(description="Where it serves pictures, to administrators.")


class NodeList(BaseModel):
    """All nodes that one may see."""

    nodes: list[NodeView]


class NodeConfig(BaseModel):
    """A node's part of the configuration."""

    version: int
    digest: str
    part: dict[str, Any] = Field(description="Sections of livecam.yaml; `{NAME}` stays.")


class VersionView(BaseModel):
    """A configuration that was in force."""

    version: int
    time: str
    who: str = Field(description="An account, `key:<name>`, `cli:<user>`, or nobody known.")
    why: str
    digest: str = Field(description="SHA-256 of the file.")


class VersionList(BaseModel):
    """Newest first."""

    versions: list[VersionView]
    next: int | None = Field(description="`before` of the next page.")


def _own(asking: Asking, id: NodePath) -> str:  # noqa: A002 - the path's own word
    """The node that asks, by its own key."""
    if asking.node != id:
        raise HTTPException(HTTPStatus.FORBIDDEN, "that wants the node's own key")
    return id


Own = Annotated[str, Depends(_own)]


@routes.get("/nodes")
def nodes(archive: Archived, asking: Asking, known: Desked) -> NodeList:
    """The nodes whose cameras one may see, in order of name."""
    heard, now_ms = known.book.heard(), known.clock.utc_ms()
    names = _visible(archive.site)
    return NodeList(
        nodes=[_view(archive.site, asking, one, heard.get(one), now_ms) for one in names]
    )


@routes.get("/nodes/{id}")
def node(archive: Archived, asking: Asking, known: Desked, id: NodePath) -> NodeView:  # noqa: A002
    """One node."""
    if id not in _visible(archive.site):
        raise _missing(id)
    return _view(archive.site, asking, id, known.book.heard().get(id), known.clock.utc_ms())


@routes.post("/nodes/{id}/heartbeat")
def heartbeat(archive: Archived, known: Desked, own: Own, beat: Beat, request: Request) -> Answer:
    """By a node, every 5 s with its own key: how it is, and what is new for it."""
    site = archive.site
    if own not in site.settings.nodes:
        raise _missing(own)
    # Of others' cameras it has nothing to say.
    cameras = {c: r for c, r in beat.cameras.items() if site.settings.node_of(c) == own}
    # Behind a proxy its own address, as the door knows it.
    host = request.scope.get(ADDRESS) or (request.client.host if request.client else "127.0.0.1")
    orders = known.book.take(own, beat.model_copy(update={"cameras": cameras}), host)
    newest = known.versions.newest()
    return Answer(
        config_version=newest.number if newest else 0,
        config_digest=newest.digest if newest else "",
        token=token.make(known.home, own),
        now_ms=known.clock.utc_ms(),
        orders=orders,
    )


@routes.get("/nodes/{id}/config")
def config(known: Desked, own: Own, version: Number | None = None) -> NodeConfig:
    """By a node with its own key: its part of a configuration, the newest where none is named."""
    found = known.versions.newest() if version is None else known.versions.get(version)
    if found is None:
        raise HTTPException(HTTPStatus.NOT_FOUND, "there is no such version")
    return NodeConfig(version=found.number, digest=found.digest, part=part_of(found.text, own))


@routes.get("/config/versions")
def versions(
    asking: Administering,
    known: Desked,
    before: Number | None = None,
    limit: Annotated[int, Query(ge=1, le=1_000, description="How many at most.")] = 100,
) -> VersionList:
    """Every configuration that was in force, newest first; for who may see all cameras."""
    if asking.cameras is not None:
        raise HTTPException(HTTPStatus.FORBIDDEN, "that is for who may see all cameras")
    found = known.versions.before(before, limit=limit)
    following = found[-1].number if len(found) == limit and found[-1].number > 1 else None
    return VersionList(versions=[_version(one) for one in found], next=following)


def _visible(site: Site) -> list[str]:
    """Nodes with a camera that whoever asks may see; all of them to who may see all."""
    own = {site.settings.node_of(camera) for camera in site.cameras}
    return sorted(one for one in site.settings.nodes if site.only is None or one in own)


def _view(site: Site, asking: Visitor, name: str, heard: Heard | None, now_ms: int) -> NodeView:
    beat, whole = heard.beat if heard else None, site.only is None
    reports = beat.cameras if beat else {}
    own = [camera for camera in site.cameras if site.settings.node_of(camera) == name]
    down = heard is not None and heard.is_down(now_ms)
    return NodeView(
        node=name,
        state="unknown" if heard is None else "down" if down else "up",
        heard=to_iso(heard.heard_ms) if heard else None,
        age_s=round(heard.age_ms(now_ms) / 1_000, 1) if heard else None,
        version=beat.version if beat else None,
        cameras={camera: None if down else reports.get(camera) for camera in own},
        health=beat.health if beat and whole else None,
        segments=beat.segments if beat and whole else None,
        bytes=beat.bytes if beat and whole else None,
        room_bytes=beat.room_bytes if beat and whole else None,
        config=beat.config if beat and whole else None,
        address=heard.url if heard and asking.role is Role.ADMIN else None,
    )


def _version(one: Version) -> VersionView:
    return VersionView(
        version=one.number, time=to_iso(one.at_ms), who=one.who, why=one.why, digest=one.digest
    )


def _missing(name: str) -> HTTPException:
    return HTTPException(HTTPStatus.NOT_FOUND, f"there is no node {name!r}")
