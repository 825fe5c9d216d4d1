"""Who may: what is told of accounts, keys, sessions and deeds, and what may be said of them."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from dashboards.access.keys import Key
from dashboards.access.sessions import Session
from dashboards.access.users import NAME, User
from dashboards.access.visitor import Role, Visitor
from dashboards.api.models.common import Answer, CameraName, Moment, Next
from edge.clock import to_iso
from edge.segment import NAME_PATTERN
from flows.deeds import Deed

AccountName = Annotated[str, Field(pattern=f"^{NAME}$", examples=["anna"])]
Cameras = Annotated[
    list[CameraName] | None,
    Field(max_length=1_000, description="Those that there are for them; null: all."),
]
Password = Annotated[str, Field(max_length=256, examples=["correct horse battery"])]
NodeName = Annotated[str, Field(pattern=NAME_PATTERN, examples=["pi1"])]


def _body(**example: Any) -> ConfigDict:
    return ConfigDict(extra="forbid", json_schema_extra={"examples": [example]})


class LogInWanted(BaseModel):
    """A log-in; `code` where the account has a second factor."""

    model_config = _body(name="anna", password="correct horse battery")  # noqa: S106

    name: Annotated[str, Field(max_length=80)]
    password: Password
    code: Annotated[str, Field(max_length=40)] = ""


class SessionTold(Answer):
    """Who asks. `csrf` is what changing requests by cookie repeat as X-CSRF-Token."""

    name: str = Field(description="An account, `key:<name>`, or empty on this very machine.")
    role: Role
    cameras: Cameras
    csrf: str | None
    until: Moment | None = Field(description="When the session is over; null without one.")


class UserWanted(BaseModel):
    """A new account; its password is set by the link that is answered."""

    model_config = _body(name="bea", role="viewer", cameras=["gate"])

    name: AccountName
    role: Role = Role.VIEWER
    cameras: Cameras = None


def _dropped(second_factor: bool) -> bool:
    if second_factor:
        raise ValueError("only its owner can turn it on, at /account")
    return second_factor


Dropped = Annotated[
    bool,
    Field(strict=True, json_schema_extra={"enum": [False]}),
    AfterValidator(_dropped),
]


class UserChange(BaseModel):
    """What is left out stays. `second_factor` false drops a lost one."""

    model_config = _body(role="operator")

    role: Role = Role.VIEWER
    cameras: Cameras = None
    disabled: Annotated[bool, Field(strict=True)] = False
    second_factor: Dropped = False


class UserTold(Answer):
    """An account. Without a password it cannot log in yet."""

    name: str
    role: Role
    cameras: Cameras
    disabled: bool
    has_password: bool
    second_factor: bool
    made: Moment


class UserPage(Answer):
    """All accounts, by name."""

    users: list[UserTold]


class LinkTold(Answer):
    """A one-time link, on this host, by which an account's password is set; told this once."""

    link: str = Field(examples=["/setup?token=…"])
    until: Moment


class NewUserTold(UserTold):
    """The account and the link that sets its password."""

    link: str
    until: Moment


class KeyWanted(BaseModel):
    """A new key: for a program with a role and cameras, or for a node's own reports."""

    model_config = _body(name="wall", role="viewer", cameras=["gate"])

    name: AccountName
    role: Role = Role.VIEWER
    cameras: Cameras = None
    node: NodeName | None = None


class KeyTold(Answer):
    """A key, without the word itself."""

    name: str
    role: Role
    cameras: Cameras
    node: str | None
    made: Moment
    made_by: str


class NewKeyTold(KeyTold):
    """The key, told this once."""

    key: str = Field(examples=["lck_…"])


class KeyPage(Answer):
    """All keys, by name."""

    keys: list[KeyTold]


class DeedTold(Answer):
    """What somebody did. `times`: how often within a minute, where refusals come in floods."""

    seq: int
    time: Moment
    who: str
    address: str
    action: str
    object: str
    outcome: str
    times: int
    hash: str = Field(description="SHA-256 over this row and the hash of the one before (A3).")


class DeedPage(Answer):
    """What was done, newest first."""

    deeds: list[DeedTold]
    next: Next


def session_told(asking: Visitor, session: Session | None) -> SessionTold:
    return SessionTold(
        name=asking.name,
        role=asking.role,
        cameras=_listed(asking.cameras),
        csrf=session.csrf if session else None,
        until=to_iso(session.until_ms) if session else None,
    )


def user_told(user: User) -> UserTold:
    return UserTold(
        name=user.name,
        role=user.role,
        cameras=_listed(user.cameras),
        disabled=user.disabled,
        has_password=user.has_password,
        second_factor=user.second_factor,
        made=to_iso(user.made_ms),
    )


def key_told(key: Key) -> KeyTold:
    return KeyTold(
        name=key.name,
        role=key.role,
        cameras=_listed(key.cameras),
        node=key.node,
        made=to_iso(key.made_ms),
        made_by=key.made_by,
    )


def deed_told(deed: Deed) -> DeedTold:
    return DeedTold(
        seq=deed.seq,
        time=to_iso(deed.at_ms),
        who=deed.who,
        address=deed.address,
        action=deed.action,
        object=deed.object,
        outcome=deed.outcome,
        times=deed.times,
        hash=deed.hash,
    )


def _listed(cameras: frozenset[str] | None) -> list[str] | None:
    return None if cameras is None else sorted(cameras)
