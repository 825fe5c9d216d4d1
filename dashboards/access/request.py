"""What our plain pages read of a request."""

from __future__ import annotations

import hmac
from urllib.parse import parse_qsl

from starlette.requests import Request

from dashboards.access.connection import Connection
from dashboards.access.sessions import Session
from dashboards.api.gate import CONNECTION, SESSION
from dashboards.words import Language, language_of

MOST_FIELDS = 20


def connection(request: Request) -> Connection:
    """Where it comes from; the door has put it there."""
    found = request.scope[CONNECTION]
    assert isinstance(found, Connection)
    return found


def session(request: Request) -> Session | None:
    """The session of whoever asks."""
    found = request.scope.get(SESSION)
    assert found is None or isinstance(found, Session)
    return found


def language(request: Request) -> Language:
    """What the browser wants to read."""
    return language_of(request.headers.get("accept-language"))


async def fields(request: Request) -> dict[str, str]:
    """The fields of a posted form; none for what is no form."""
    body = await request.body()
    try:
        return dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS))
    except ValueError:
        return {}


async def posted(request: Request, found: Session) -> bool:
    """Whether a form repeats its session's token: it is a page of ours that was sent."""
    told = (await fields(request)).get("csrf", "")
    return hmac.compare_digest(told.encode(errors="replace"), found.csrf.encode())
