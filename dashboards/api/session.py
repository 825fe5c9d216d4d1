"""Who asks: `/session` tells, logs in and logs out."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, Response
from starlette.requests import HTTPConnection

from dashboards.access import connection as connections
from dashboards.access.access import DEVICE_COOKIE, Access, access_of
from dashboards.access.connection import Connection
from dashboards.access.cookies import clear, remember
from dashboards.access.login import Attempt, LogIn, Outcome, log_in
from dashboards.access.sessions import Session
from dashboards.api.gate import CONNECTION, SESSION, Archived, Asking, Tell
from dashboards.api.models.access import LogInWanted, SessionTold, session_told
from dashboards.api.problems import problem
from dashboards.api.schema import OPEN, problems

routes = APIRouter(tags=["session"])

# Log-ins wait for argon2 apart from the threads that serve everything else.
AT_ONCE = CapacityLimiter(4)


def accessed(archive: Archived) -> Access:
    """The site's accounts."""
    return access_of(archive.site.home)


Accessed = Annotated[Access, Depends(accessed)]


def session(connection: HTTPConnection) -> Session | None:
    """The session by which somebody asks, if by any."""
    found = connection.scope.get(SESSION)
    assert found is None or isinstance(found, Session)
    return found


Present = Annotated[Session | None, Depends(session)]


@routes.get("/session")
def who(asking: Asking, present: Present) -> SessionTold:
    """Who asks, and what they may."""
    return session_told(asking, present)


@routes.post("/session", response_model=SessionTold, responses=problems(429), openapi_extra=OPEN)
async def enter(request: Request, access: Accessed, wanted: LogInWanted) -> Response:
    """Log in; the answer sets the session's cookies. 401 names `code` where one is wanted."""
    asks = _connection(request)
    attempt = Attempt(
        name=wanted.name.strip().lower(),
        password=wanted.password,
        code=wanted.code.strip(),
        address=asks.address,
        device=asks.cookies.get(DEVICE_COOKIE, ""),
        agent=asks.headers.get("user-agent", ""),
    )
    found = await to_thread.run_sync(log_in, access, attempt, limiter=AT_ONCE)
    if found.session is None:
        return _refused(found)
    visitor = access.users.get(found.session.user).visitor
    answer = JSONResponse(session_told(visitor, found.session).model_dump(mode="json"))
    remember(answer, found, https=asks.https)
    return answer


@routes.delete("/session", status_code=HTTPStatus.NO_CONTENT, response_class=Response)
def leave(access: Accessed, asking: Asking, present: Present, tell: Tell) -> Response:
    """Log out, at once; harmless without a session."""
    if present is not None:
        access.sessions.end(present.id)
        tell("log-out", asking.name)
    answer = Response(status_code=HTTPStatus.NO_CONTENT)
    clear(answer)
    return answer


def _connection(request: Request) -> Connection:
    found = request.scope.get(CONNECTION)
    return found if isinstance(found, Connection) else connections.of(request.scope)


def _refused(found: LogIn) -> Response:
    if found.outcome is Outcome.LIMITED:
        answer = problem(HTTPStatus.TOO_MANY_REQUESTS, "too many attempts")
        answer.headers["Retry-After"] = str(-(-found.wait_ms // 1_000))
        return answer
    if found.outcome is Outcome.CODE:
        return problem(HTTPStatus.UNAUTHORIZED, "a code is wanted, too", parameter="code")
    if found.outcome is Outcome.WRONG_CODE:
        hint = "Each is good once: wait for the next one"
        return problem(HTTPStatus.UNAUTHORIZED, "the code is wrong", hint, parameter="code")
    return problem(HTTPStatus.UNAUTHORIZED, "name or password is wrong")
