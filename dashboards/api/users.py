"""Accounts: for administrators of all cameras."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path
from fastapi.responses import Response

from dashboards.access import links
from dashboards.access.access import Access
from dashboards.access.signers import DAY_MS
from dashboards.access.users import NAME
from dashboards.api.gate import Owning, Tell
from dashboards.api.models.access import (
    LinkTold,
    NewUserTold,
    UserChange,
    UserPage,
    UserTold,
    UserWanted,
    user_told,
)
from dashboards.api.schema import problems
from dashboards.api.session import Accessed
from edge.clock import to_iso

routes = APIRouter(tags=["users"])

UserPath = Annotated[str, Path(pattern=f"^{NAME}$", examples=["anna"], description="Its name.")]


@routes.get("/users")
def every(access: Accessed, _: Owning) -> UserPage:
    """All accounts."""
    return UserPage(users=[user_told(user) for user in access.users.all()])


@routes.post("/users", status_code=HTTPStatus.CREATED, responses=problems(409))
def add(access: Accessed, _: Owning, tell: Tell, wanted: UserWanted) -> NewUserTold:
    """Make an account; the link that sets its password is told this once."""
    user = access.users.add(wanted.name, wanted.role, wanted.cameras)
    tell("add user", _words(wanted.name, wanted.role, wanted.cameras))
    made = _link(access, wanted.name)
    return NewUserTold(**user_told(user).model_dump(), **made.model_dump())


@routes.patch("/users/{name}", responses=problems(422))
def change(access: Accessed, _: Owning, tell: Tell, name: UserPath, wanted: UserChange) -> UserTold:
    """Change what is named; the account's sessions end. 422 for the last administrator."""
    values = {field: getattr(wanted, field) for field in wanted.model_fields_set}
    user = access.users.change(name, **values)
    tell("change user", f"{name}: " + ", ".join(f"{k} {_word(v)}" for k, v in values.items()))
    return user_told(user)


@routes.delete(
    "/users/{name}",
    status_code=HTTPStatus.NO_CONTENT,
    response_class=Response,
    responses=problems(422),
)
def remove(access: Accessed, _: Owning, tell: Tell, name: UserPath) -> None:
    """End an account. 422 for the last administrator."""
    access.users.remove(name)
    tell("remove user", name)


@routes.post("/users/{name}/link", status_code=HTTPStatus.CREATED)
def link(access: Accessed, _: Owning, tell: Tell, name: UserPath) -> LinkTold:
    """A one-time link that sets the account's password anew; it replaces the one before."""
    made = _link(access, name)
    tell("make link", name)
    return made


def _link(access: Access, name: str) -> LinkTold:
    word = access.links.make(name)
    until = to_iso(access.clock.utc_ms() + DAY_MS)
    return LinkTold(link=f"{links.PATH}?token={word}", until=until)


def _words(name: str, role: str, cameras: list[str] | None) -> str:
    return f"{name}: {role}, {_word(cameras)}"


def _word(value: object) -> str:
    if value is None:
        return "all cameras"
    return " ".join(value) if isinstance(value, list) else str(value)
