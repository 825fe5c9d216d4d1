"""HTTP/1.1 for those who send their requests, and for nobody who holds a connection open."""

from __future__ import annotations

import asyncio

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

WHOLE_S = 30.0
_COMES = (h11.IDLE, h11.SEND_BODY)


class WholeRequests(H11Protocol):
    """Closes a connection on which a request is not whole after `WHOLE_S`.

    Uvicorn itself waits for ever, and a thousand idle connections are all that a process may have.
    """

    _late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._wait()

    def data_received(self, data: bytes) -> None:
        self._wait()
        super().data_received(data)
        upgraded = self not in self.connections
        if upgraded or self.conn.their_state not in _COMES:
            self._wait_no_more()

    def connection_lost(self, exc: Exception | None) -> None:
        self._wait_no_more()
        super().connection_lost(exc)

    def _wait(self) -> None:
        if self._late is None:
            self._late = self.loop.call_later(WHOLE_S, self.transport.close)

    def _wait_no_more(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None
