"""Two sites that differ by one camera, and everything that the gateway can be asked of either."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, MutableMapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
from starlette.types import ASGIApp, Receive, Scope, Send

from dashboards.access.visitor import Role, Visitor
from dashboards.api import create_api
from dashboards.api.gate import VISITOR
from dashboards.exports.book import Book, Kept
from edge.clock import from_iso, to_iso
from edge.segment import Cause, Gap, Segment
from flows.catalogue import journal
from flows.catalogue.fold import fold
from flows.catalogue.journal import Kind
from flows.feed import Feed
from flows.site import Site
from flows.stages.export import Wanted
from flows.store import EXPORTS, LIVECAM
from tests.dashboards import footage
from tests.edge.fake_clock import FakeClock
from tests.flows.stage_site import folder_site

SEEN, HIDDEN = "gate", "yard"
T0 = from_iso("2026-11-01T10:00:00Z")
NOW = T0 + 3_600_000
START, END = to_iso(T0), to_iso(T0 + 10_000)
# Answered to nodes alone, by their keys.
_NODES = {"/v1/nodes/{id}/config"}
# When a store took something is the disk's own matter, and so is when it may go.
_OWN = re.compile(rb'"(received|due|next_due)_utc": ?"[^"]*"|"days_left": ?[0-9.]+')
# What the feed calls a thing is drawn by lot.
_BY_LOT = re.compile(rb'"(id|next)": ?"[0-9a-f]{16}"')


@dataclass
class World:
    """A site with these cameras, each with all that can be found of one."""

    site: Site
    ids: dict[str, dict[str, str]] = field(default_factory=dict)

    @classmethod
    def of(cls, root: Path, *cameras: str) -> World:
        """Footage of T0, an event, a gap and motion of each camera."""
        settings = {"cameras": {name: {"source": "scene:"} for name in cameras}}
        made = cls(replace(folder_site(root, settings), clock=FakeClock(NOW)))
        for camera in cameras:
            made.fill(camera)
        return made

    def fill(self, camera: str) -> None:
        """What there is of a camera."""
        first = footage.store(self.site, camera, T0, 2)
        footage.store(self.site, camera, T0 + 2_000, 2)
        footage.analysed(self.site, first)
        footage.motion(self.site, first, T0, T0 + 1_000)
        gap = {"camera": camera, "node": "local", "cause": Cause.CAMERA_FROZEN}
        footage.gap(self.site, Gap(**gap, start_ms=T0 + 4_000, end_ms=T0 + 9_000))
        event = footage.event(self.site, first, T0 + 500, T0 + 1_500)
        hold_of(self.site, camera)
        exported = exported_of(self.site, camera)
        Feed(self.site.home, self.site.clock).saw(camera, "person", T0, T0 + 1_500)
        self.ids[camera] = ids_of(camera, first, event) | exported

    @property
    def app(self) -> ASGIApp:
        """The gateway, which takes everybody for whom they say they are."""
        return _Believing(create_api(self.site))


def hold_of(site: Site, camera: str) -> None:
    """A hold that is named alike in every world."""
    fact = {"id": sha256(camera.encode()).hexdigest()[:12], "camera": camera, "reason": ""}
    times = {"start_ms": T0, "end_ms": T0 + 1_000, "placed_ms": T0}
    journal.write(site.store, Kind.HOLDS, [{**fact, **times}], T0)
    fold(site, everything=True)


def exported_of(site: Site, camera: str) -> dict[str, str]:
    """An export of a camera that is done; what names it and its file."""
    told = sha256(camera.encode()).hexdigest()[:16]
    wanted = Wanted((camera,), T0, T0 + 4_000, "", "kim", told)
    book, data = Book(site.home, site.clock), camera.encode()
    book.add(wanted, 1)
    site.store.create(LIVECAM, f"{EXPORTS}{told}/{camera}.mp4", data)
    export = book.find(told)
    book.done(export, [Kept(f"{camera}.mp4", len(data), "0" * 64, 0, camera, T0, T0)], {})
    return {"exports": told, "files": f"{camera}.mp4"}


def ids_of(camera: str, segment: Segment, event: str) -> dict[str, str]:
    """What names a camera's things in addresses, by the word before it there."""
    return {"camera": camera, "segments": segment.id, "events": event, "nodes": "local"} | {
        "videos": segment.id
    }


def believing(app: ASGIApp) -> ASGIApp:
    """An app that takes everybody for whom they say they are."""
    return _Believing(app)


def named(visitor: Visitor) -> dict[str, str]:
    """The header by which a request is a visitor's."""
    cameras = "*" if visitor.cameras is None else ",".join(sorted(visitor.cameras))
    return {"x-visitor": f"{visitor.name}/{visitor.role}/{cameras}"}


class _Believing:
    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        for name, value in scope.get("headers", ()):
            if name == b"x-visitor":
                who, role, cameras = value.decode().split("/")
                seen = None if cameras == "*" else frozenset(filter(None, cameras.split(",")))
                scope[VISITOR] = Visitor(who, Role(role), seen)
        await self._app(scope, receive, send)


@dataclass(frozen=True)
class Asked:
    """One request that looks and changes nothing."""

    path: str
    query: tuple[tuple[str, str], ...] = ()

    def by(self, visitor: Visitor, client: httpx.Client) -> tuple[int, str, bytes]:
        """Status, kind and body of the answer."""
        answer = client.get(self.path, params=dict(self.query), headers=named(visitor))
        body = _OWN.sub(b'"own":""', answer.content)
        if self.path.endswith("/feed"):
            body = _BY_LOT.sub(b"", body)
        return answer.status_code, answer.headers.get("content-type", ""), body

    def __str__(self) -> str:
        return f"{self.path}?{'&'.join('='.join(pair) for pair in self.query)}"


def looks(schema: Mapping[str, Any], ids: Mapping[str, str]) -> Iterator[Asked]:
    """Every GET of an OpenAPI document, with a camera's names wherever there is room for one."""
    for path, operations in schema["paths"].items():
        if "get" not in operations or path in _NODES:
            continue
        told = operations["get"].get("parameters", [])
        query = {one["name"]: _value(one) for one in told if one["in"] == "query"}
        needed = {one["name"] for one in told if one["required"]}
        least = tuple(
            (name, value or ids.get(name, "")) for name, value in query.items() if name in needed
        )
        yield Asked(filled(path, ids), least)
        if "camera" in query:
            yield Asked(filled(path, ids), (*least, ("camera", ids["camera"])))


def _value(parameter: MutableMapping[str, Any]) -> str:
    known = {"start": START, "end": END, "from": START, "to": END, "at": START}
    return known.get(parameter["name"], str(parameter.get("example", "")))


def filled(path: str, ids: Mapping[str, str]) -> str:
    """A path with each `{…}` replaced by what the word before it names, or the parameter does."""
    words = path.split("/")
    for at, word in enumerate(words):
        if (found := re.search(r"\{(\w+)\}", word)) is not None:
            named = ids.get(words[at - 1]) or ids.get(found[1]) or ids["camera"]
            words[at] = word.replace(found[0], named)
    return "/".join(words)
