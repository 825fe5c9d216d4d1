"""The gateway's OpenAPI: what FastAPI finds, and what it can't know."""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from dashboards.api.models.common import Problem
from dashboards.api.problems import CONTENT_TYPE

VERSION = "1"
SUMMARY = "Footage that is provable, queryable and re-analysable."
DESCRIPTION = """
Cameras' footage, what was seen in it, and who may look. Times are RFC 3339 in UTC; lists come in
pages, each naming the `cursor` of the next; errors are `application/problem+json` (RFC 9457).

Who asks is told by a browser's session (cookie `livecam`, and header `X-CSRF-Token` on what
changes something) or by an API key (`Authorization: Bearer …`). Of cameras that one may not see
everything answers as if they never were.

While the store is down, lists are answered as they were when it was there, for an hour at most:
then `Livecam-As-Of` says when that was. All else is a 503 with `Retry-After`.
"""
_WHY = {
    400: "A parameter or the body can't be meant.",
    401: "Nobody known asks: log in, or give an API key.",
    403: "Whoever asks may not do that.",
    404: "There is no such thing, or not for whoever asks.",
    405: "Not with that method.",
    409: "Something else stands in the way.",
    413: "The body is too large.",
    416: "No such bytes.",
    422: "Understood, and not possible: damaged footage, or more than is allowed.",
    429: "Too often; `Retry-After` says when.",
    503: "The store or a node does not answer; `Retry-After` says when to try again.",
}
_RETRY = {"Retry-After": {"description": "Seconds.", "schema": {"type": "integer"}}}
_REF = {"$ref": "#/components/schemas/Problem"}


def content(media_type: str, description: str) -> dict[int | str, Any]:
    """`responses=` of a route that answers with something else than JSON."""
    return {200: {"description": description, "content": {media_type: {"schema": _BINARY}}}}


def file(*media_types: str, json: bool = False) -> dict[int | str, Any]:
    """`responses=` of a route that hands out bytes, whole or in ranges; `json`: JSON as well."""
    kinds: dict[str, Any] = {kind: {"schema": _BINARY} for kind in media_types}
    if json:
        kinds["application/json"] = {"schema": {}}
    return {
        200: {"description": "The bytes.", "content": kinds},
        206: {"description": "One range of them.", "content": kinds},
        302: {"description": "Where they lie, for a minute."},
    }


_BINARY = {"type": "string", "format": "binary"}

# Who is nobody known may ask these: that it runs, and to be let in.
OPEN: dict[str, Any] = {"security": []}


def problems(*statuses: int) -> dict[int | str, Any]:
    """`responses=` for problems of these kinds."""
    return {status: _problem(status) for status in statuses}


def _problem(status: int) -> dict[str, Any]:
    told: dict[str, Any] = {
        "description": _WHY.get(status, HTTPStatus(status).phrase),
        "content": {CONTENT_TYPE: {"schema": _REF}},
    }
    if status in (429, 503):
        told["headers"] = _RETRY
    return told


# What any route may answer, whatever it says of itself.
_ANYWHERE = (400, 401, 403, 404, 503)
_CHANGING = (409, 413, 422)
_SECURITY = {
    "session": {"type": "apiKey", "in": "cookie", "name": "livecam"},
    "key": {"type": "http", "scheme": "bearer", "description": "An API key."},
}
_OPERATIONS = ("get", "put", "post", "delete", "patch", "head", "options")


def install(api: FastAPI) -> None:
    """Make `api.openapi()` tell what its routes really answer."""
    made: dict[str, Any] = {}

    def openapi() -> dict[str, Any]:
        if not made:
            made.update(_document(api))
        return {**made, "servers": api.servers} if api.servers else made

    api.openapi = openapi  # type: ignore[method-assign]


def _document(api: FastAPI) -> dict[str, Any]:
    told = get_openapi(
        title="Livecam",
        version=VERSION,
        summary=SUMMARY,
        description=DESCRIPTION.strip(),
        routes=api.routes,
    )
    components = told.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)  # FastAPI's own errors, which no answer of ours is
    schemas["Problem"] = Problem.model_json_schema()
    components["securitySchemes"] = _SECURITY
    told["security"] = [{name: []} for name in _SECURITY]
    for path, method, operation in _operations(told):
        _complete(path, operation, changes=method != "get")
    return told


def _operations(told: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, operations in told["paths"].items():
        for method, operation in operations.items():
            if method in _OPERATIONS:
                yield path, method, operation


def _complete(path: str, operation: dict[str, Any], *, changes: bool) -> None:
    answers = operation["responses"]
    if "HTTPValidationError" in str(answers.get("422", "")):
        del answers["422"]  # told as 400
    for status in (*_ANYWHERE, *(_CHANGING if changes else ())):
        answers.setdefault(str(status), _problem(status))
    operation.setdefault("tags", [path.strip("/").removeprefix("v1/").split("/")[0]])
    operation["responses"] = dict(sorted(answers.items()))
