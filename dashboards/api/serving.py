"""Bytes of an object: by a short-lived signed address, or from here with Range (RFC 9110)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from http import HTTPStatus

from fastapi.responses import RedirectResponse, Response, StreamingResponse

from dashboards.api.problems import problem
from dashboards.archive import Pinned
from flows.store import FOOTAGE, ObjectStore

SIGNED_S = 60
PIECE_BYTES = 1 << 20
VIDEO = "video/mp4"
# The name holds the digest (C1): what was fetched once never changes.
IMMUTABLE = "private, max-age=3600, immutable"

# Longer numbers than any object is large are no range, and Python would refuse to read them.
_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")

Read = Callable[[int, int], bytes]  # offset and size


def footage(store: ObjectStore, pinned: Pinned, wanted: str | None) -> Response:
    """The row's own version: 302 to the store where it signs addresses, else its bytes."""
    signed = store.presign(FOOTAGE, pinned.key, pinned.version_id, seconds=SIGNED_S)
    return elsewhere(signed) if signed else served(store, pinned, wanted)


def elsewhere(signed: str) -> Response:
    """A2: the address is a key for a minute, so that nothing may keep it."""
    return RedirectResponse(signed, HTTPStatus.FOUND, {"Cache-Control": "no-store"})


def served(
    store: ObjectStore, pinned: Pinned, wanted: str | None, *, file: str | None = None
) -> Response:
    """The bytes from here: all, or one range as 206; `file` names a download."""
    read = partial(_footage, store, pinned)
    return ranged(read, pinned.size_bytes, wanted, media_type=VIDEO, file=file)


def _footage(store: ObjectStore, pinned: Pinned, offset: int, size: int) -> bytes:
    return store.read(FOOTAGE, pinned.key, pinned.version_id, offset=offset, size=size)


def ranged(
    read: Read,
    size: int,
    wanted: str | None,
    *,
    media_type: str,
    file: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """`size` bytes as `read` tells them: all, or one range as 206; `file` names a download."""
    told = {"Accept-Ranges": "bytes", "Cache-Control": IMMUTABLE, **(headers or {})}
    if file:
        told["Content-Disposition"] = f'attachment; filename="{file}"'
    first, last = 0, size - 1
    status = HTTPStatus.OK
    if wanted is not None and (found := _RANGE.fullmatch(wanted.strip())) and any(found.groups()):
        first, last = _bounds(found[1], found[2], size)
        if first > last:
            return _unsatisfiable(size)
        status = HTTPStatus.PARTIAL_CONTENT
        told["Content-Range"] = f"bytes {first}-{last}/{size}"
    told["Content-Length"] = str(last - first + 1)
    # Read before the status line goes out, so that a store that is down is 503 and no torn 200.
    pieces = _pieces(read, first, last)
    head = next(pieces, b"")
    return StreamingResponse(_chain(head, pieces), status, told, media_type)


def _bounds(first: str, last: str, size: int) -> tuple[int, int]:
    if not first:  # the last N bytes
        return max(size - int(last), 0) if int(last) else size, size - 1
    return int(first), min(int(last), size - 1) if last else size - 1


def _unsatisfiable(size: int) -> Response:
    answer = problem(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, "no such bytes")
    answer.headers["Content-Range"] = f"bytes */{size}"
    return answer


def _pieces(read: Read, first: int, last: int) -> Iterator[bytes]:
    for offset in range(first, last + 1, PIECE_BYTES):
        yield read(offset, min(PIECE_BYTES, last + 1 - offset))


def _chain(head: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield head
    yield from rest
