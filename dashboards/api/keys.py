"""Keys for programs and nodes: for administrators of all cameras."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path
from fastapi.responses import Response

from dashboards.access.users import NAME
from dashboards.api.gate import Owning, Tell
from dashboards.api.models.access import KeyPage, KeyWanted, NewKeyTold, key_told
from dashboards.api.schema import problems
from dashboards.api.session import Accessed

routes = APIRouter(tags=["keys"])

KeyPath = Annotated[str, Path(pattern=f"^{NAME}$", examples=["wall"], description="Its name.")]


@routes.get("/keys")
def every(access: Accessed, _: Owning) -> KeyPage:
    """All keys; the words themselves are not kept."""
    return KeyPage(keys=[key_told(key) for key in access.keys.all()])


@routes.post("/keys", status_code=HTTPStatus.CREATED, responses=problems(409))
def add(access: Accessed, asking: Owning, tell: Tell, wanted: KeyWanted) -> NewKeyTold:
    """Make a key; it is told this once."""
    key, word = access.keys.add(
        wanted.name, wanted.role, wanted.cameras, node=wanted.node, by=asking.name
    )
    scope = f"node {key.node}" if key.node else str(key.role)
    tell("add key", f"{key.name}: {scope}")
    return NewKeyTold(**key_told(key).model_dump(), key=word)


@routes.delete("/keys/{name}", status_code=HTTPStatus.NO_CONTENT, response_class=Response)
def revoke(access: Accessed, _: Owning, tell: Tell, name: KeyPath) -> None:
    """End a key, at once."""
    access.keys.revoke(name)
    tell("revoke key", name)
