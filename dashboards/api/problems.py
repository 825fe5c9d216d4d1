"""Errors as `application/problem+json` (RFC 9457): what is wrong and the way out, no traces."""

from __future__ import annotations

import logging
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.routing import Match

from edge.errors import (
    BadMedia,
    BadName,
    BadSettings,
    Damaged,
    LivecamError,
    MissingPart,
    ObjectExists,
    ObjectMissing,
    Permanent,
    StoreRefused,
    TooMuch,
)

CONTENT_TYPE = "application/problem+json"
RETRY_AFTER_S = 5

log = logging.getLogger(__name__)


def install(api: FastAPI) -> None:
    """Make every failure of `api` a problem document."""
    api.add_exception_handler(LivecamError, _ours)
    api.add_exception_handler(RequestValidationError, _parameters)
    api.add_exception_handler(HTTPException, _http)
    api.add_exception_handler(Exception, _unforeseen)


def problem(status: int, detail: str, hint: str | None = None, **facts: str) -> JSONResponse:
    """One problem document; `hint` is the way out."""
    told = {"detail": detail, **facts, **({"hint": hint} if hint else {})}
    # What was asked for may be repeated, and hold what is no text.
    words = {name: text.encode(errors="replace").decode() for name, text in told.items()}
    body = {"title": HTTPStatus(status).phrase, "status": status, **words}
    headers = {"Cache-Control": "no-store"}
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        headers["Retry-After"] = str(RETRY_AFTER_S)
    return JSONResponse(body, status, headers, CONTENT_TYPE)


def status_of(error: LivecamError) -> int:
    """A store that fails is 503 whether it is gone or refuses: neither is the caller's doing."""
    if isinstance(error, BadName):
        return HTTPStatus.BAD_REQUEST
    if isinstance(error, ObjectMissing):
        return HTTPStatus.NOT_FOUND
    if isinstance(error, Damaged | BadMedia | BadSettings | TooMuch):
        return HTTPStatus.UNPROCESSABLE_ENTITY
    if isinstance(error, ObjectExists):
        return HTTPStatus.CONFLICT
    if isinstance(error, Permanent) and not isinstance(error, StoreRefused | MissingPart):
        return HTTPStatus.INTERNAL_SERVER_ERROR
    return HTTPStatus.SERVICE_UNAVAILABLE


async def _ours(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, LivecamError)
    facts = {n: v for n in ("camera", "key") if (v := getattr(error, n))}
    return problem(status_of(error), error.message, error.hint, **facts)


async def _parameters(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    name = str(first["loc"][-1])
    reason = first["msg"].removeprefix("Value error, ")
    return problem(HTTPStatus.BAD_REQUEST, f"{name}: {reason}", parameter=name)


async def _http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    answer = problem(error.status_code, str(error.detail))
    answer.headers.update(error.headers or {})
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        answer.headers["Allow"] = ", ".join(sorted(_allowed(request)))
    return answer


def _allowed(request: Request) -> set[str]:
    """Every method of an address: the router names those of the first route that it finds."""
    here = [one for one in request.app.routes if one.matches(request.scope)[0] is not Match.NONE]
    return {method for one in here for method in getattr(one, "methods", None) or ()}


async def _unforeseen(request: Request, error: Exception) -> JSONResponse:
    # The path only: a query may hold what is nobody's business in a log.
    log.error("the gateway failed at %s: %r", request.url.path, error)
    return problem(HTTPStatus.INTERNAL_SERVER_ERROR, "the gateway failed; its log says why")
