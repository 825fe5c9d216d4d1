"""While the store is down, lists are answered as they were when it was there, and say so."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from http import HTTPStatus
from threading import Lock

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboards.access.visitor import LOCAL, Visitor
from dashboards.api.gate import VISITOR
from edge.clock import Clock, to_iso

# When what is told was read; only where that was before.
AS_OF = "Livecam-As-Of"
LISTS = (
    *("/v1/segments", "/v1/events", "/v1/gaps", "/v1/motion", "/v1/coverage", "/v1/holds"),
    *("/v1/retention", "/v1/timelines/", "/videos"),
)
OLDEST_MS = 3_600_000
MOST_BYTES = 1 << 20  # of one answer
MOST_ALL_BYTES = 1 << 25

# What was asked, and what of the archive whoever asked may see.
Key = tuple[str, bytes, frozenset[str] | None]


@dataclass(frozen=True, slots=True)
class _Told:
    body: bytes
    read_ms: int


class Remembered:
    """ASGI within the gateway: keeps what was answered lately, for when the store is gone."""

    def __init__(self, app: ASGIApp, clock: Clock) -> None:
        self._app, self._clock = app, clock
        self._told: OrderedDict[Key, _Told] = OrderedDict()
        self._bytes, self._lock = 0, Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand on; a 503 becomes what was answered before, where that is known."""
        key = _key(scope)
        if key is None:
            await self._app(scope, receive, send)
            return
        start: Message = {}
        body = b""
        passing = False

        async def told(message: Message) -> None:
            nonlocal start, body, passing
            if passing:
                await send(message)
            elif message["type"] == "http.response.start":
                start = message
            else:
                body += message.get("body", b"")
                more = message.get("more_body", False)
                passing = more and len(body) > MOST_BYTES
                if passing or not more:
                    first, content = (start, body) if passing else self._settled(key, start, body)
                    await send(first)
                    end = {"type": "http.response.body", "body": content, "more_body": more}
                    await send(end)

        await self._app(scope, receive, told)

    def _settled(self, key: Key, start: Message, body: bytes) -> tuple[Message, bytes]:
        """What to send: the answer, or in place of a 503 what is remembered."""
        if start["status"] == HTTPStatus.OK:
            self._keep(key, body)
        before = self._known(key) if start["status"] == HTTPStatus.SERVICE_UNAVAILABLE else None
        if before is None:
            return start, body
        answer: Message = {"type": "http.response.start", "status": 200, "headers": []}
        headers = MutableHeaders(scope=answer)
        headers["Content-Type"] = "application/json"
        headers["Content-Length"] = str(len(before.body))
        headers["Cache-Control"] = "no-store"
        headers[AS_OF] = to_iso(before.read_ms)
        headers["Warning"] = '110 - "the store does not answer"'
        return answer, before.body

    def _keep(self, key: Key, body: bytes) -> None:
        if len(body) > MOST_BYTES:
            return
        with self._lock:
            self._drop(key)
            self._told[key] = _Told(body, self._clock.utc_ms())
            self._bytes += len(body)
            while self._bytes > MOST_ALL_BYTES:
                self._drop(next(iter(self._told)))

    def _drop(self, key: Key) -> None:
        found = self._told.pop(key, None)
        self._bytes -= len(found.body) if found else 0

    def _known(self, key: Key) -> _Told | None:
        with self._lock:
            found = self._told.get(key)
        oldest = self._clock.utc_ms() - OLDEST_MS
        return found if found is not None and found.read_ms >= oldest else None


def _key(scope: Scope) -> Key | None:
    if scope["type"] != "http" or scope["method"] != "GET":
        return None
    path = scope["path"].removeprefix(scope.get("root_path", ""))
    if not path.startswith(LISTS) or "." in path:
        return None  # pictures and footage have dots in their names
    visitor = scope.get(VISITOR, LOCAL)
    assert isinstance(visitor, Visitor)
    return path, scope.get("query_string", b""), visitor.cameras
