"""Proof that a store's conditional create holds, or its refusal (C1).

Some S3 servers ignore `If-None-Match`: on those the catalogue would lose commits and
footage could be overwritten, and nothing would say so.
"""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor

from edge.errors import ObjectExists, StoreRefused
from flows.store import LIVECAM, ObjectStore

RACERS = 4


def probe(store: ObjectStore, bucket: str = LIVECAM) -> None:
    """Create one object from several threads at once, then once more: one may succeed.

    Takes a handful of requests and leaves nothing. Raises StoreRefused saying what was seen.
    """
    key = f"probe/{uuid.uuid4().hex}"
    try:
        with ThreadPoolExecutor(RACERS) as pool:
            racing = sum(pool.map(lambda n: _won(store, bucket, key, n), range(RACERS)))
        after = _won(store, bucket, key, RACERS)
    finally:
        store.delete(bucket, [(key, "")])
    if racing != 1 or after:
        raise StoreRefused(
            f"conditional create does not hold: {racing} of {RACERS} creates of one name at once"
            f" succeeded, and a later one {'too' if after else 'did not'}",
            key=f"{bucket}/{key}",
            hint="Use a store with If-None-Match: MinIO, AWS, VersityGW without --nometa",
        )


def _won(store: ObjectStore, bucket: str, key: str, number: int) -> bool:
    try:
        store.create(bucket, key, f"racer {number}".encode())
    except ObjectExists:
        return False
    return True
