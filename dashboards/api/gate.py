"""What every route is handed: who asks, and the archive as far as they may see it."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated

from fastapi import Depends, HTTPException
from starlette.requests import HTTPConnection

from dashboards.access.visitor import LOCAL, Role, Visitor
from dashboards.archive import Archive
from edge.home import Home
from flows import deeds

# Where a scope tells who asks and from where, once that is known; a session is a browser's.
VISITOR, ADDRESS = "livecam.visitor", "livecam.address"
SESSION, CONNECTION = "livecam.session", "livecam.connection"


def visitor(connection: HTTPConnection) -> Visitor:
    """Who asks."""
    found = connection.scope.get(VISITOR, LOCAL)
    assert isinstance(found, Visitor)
    return found


Asking = Annotated[Visitor, Depends(visitor)]


def needs(role: Role) -> Callable[[Visitor], Visitor]:
    """A dependency that refuses, with 403, whoever may less."""

    def check(asking: Asking) -> Visitor:
        if not asking.role.may(role):
            raise HTTPException(HTTPStatus.FORBIDDEN, f"that wants the role {role}")
        return asking

    return check


Operating = Annotated[Visitor, Depends(needs(Role.OPERATOR))]
Administering = Annotated[Visitor, Depends(needs(Role.ADMIN))]


def owner(asking: Administering) -> Visitor:
    """Who may make others, and read what was done: an administrator of all cameras."""
    if asking.cameras is not None:
        raise HTTPException(HTTPStatus.FORBIDDEN, "that wants an administrator of all cameras")
    return asking


Owning = Annotated[Visitor, Depends(owner)]


def _archive(connection: HTTPConnection, asking: Asking) -> Archive:
    archive = connection.app.state.archive
    assert isinstance(archive, Archive)
    return archive.seen_by(asking)


Archived = Annotated[Archive, Depends(_archive)]


class Telling:
    """Writes into the log of deeds what whoever asks has done: `tell("export", "gate …")`."""

    def __init__(self, home: Home, who: str, address: str) -> None:
        self._home, self._who, self._address = home, who, address

    def __call__(self, action: str, what: str, *, outcome: str = deeds.DONE) -> None:
        """It stands when this returns. Raises Retryable where it can't be written."""
        deeds.tell(self._home, self._who, action, what, address=self._address, outcome=outcome)

    def piece(self, action: str, what: str) -> None:
        """The same of what is done in many pieces: told with their number within a minute."""
        deeds.count(self._home, self._who, action, what, address=self._address)


def _telling(connection: HTTPConnection, archive: Archived, asking: Asking) -> Telling:
    return Telling(archive.site.home, asking.name, connection.scope.get(ADDRESS, ""))


Tell = Annotated[Telling, Depends(_telling)]
