"""The journal: every fact that footage does not tell, in batches that never change.

A batch is JSON lines, `journal/<kind>/<day>/<UTC stamp>-<16 hex of its SHA-256>.jsonl`, the
day being the day it was written. A finished day may be rolled up into one batch a kind.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from enum import StrEnum
from typing import Any, NamedTuple

from edge.clock import to_day, to_utc
from edge.errors import BadName, Damaged, ObjectExists
from flows.store import LIVECAM, ObjectStore

JOURNAL = "journal/"
READERS = 8

Fact = Mapping[str, Any]


class Kind(StrEnum):
    """What a batch tells; `flows.catalogue.facts` says how each is written."""

    SEGMENTS = "segments"
    GAPS = "gaps"
    CORRECTIONS = "corrections"
    RESULTS = "results"
    FAILURES = "failures"
    HOLDS = "holds"
    INTENTS = "intents"
    EXPIRIES = "expiries"
    PROMOTIONS = "promotions"
    REPORTS = "reports"


class Batch(NamedTuple):
    """A batch as it was read."""

    key: str
    kind: Kind
    facts: list[Fact]


def kind_of(key: str) -> Kind:
    """The kind of the batch under `key`. Raises BadName for a key that is no batch's."""
    parts = key.split("/")
    if len(parts) != 4 or parts[0] + "/" != JOURNAL or parts[1] not in set(Kind):
        raise BadName("not the key of a journal batch", key=key)
    return Kind(parts[1])


def day_of(key: str) -> str:
    """The day a batch was written, `YYYY-MM-DD`."""
    return key.split("/")[2]


def to_bytes(facts: Iterable[Fact]) -> bytes:
    """JSON lines with sorted keys: the same facts are the same bytes."""
    lines = (json.dumps(f, sort_keys=True, separators=(",", ":")) for f in facts)
    return "".join(line + "\n" for line in lines).encode()


def write(store: ObjectStore, kind: Kind, facts: Sequence[Fact], now_ms: int) -> str:
    """Journal facts, durable on return; answers the batch's key.

    The same facts at the same moment are the same batch, and writing it again is harmless.
    Nothing to write is no batch: answers "".
    """
    if not facts:
        return ""
    data = to_bytes(facts)
    digest = hashlib.sha256(data).hexdigest()
    stamp = f"{to_utc(now_ms):%Y%m%dT%H%M%S}{now_ms % 1000:03d}Z"
    key = f"{JOURNAL}{kind}/{to_day(now_ms)}/{stamp}-{digest[:16]}.jsonl"
    create(store, key, data, digest)
    return key


def create(store: ObjectStore, key: str, data: bytes, sha256: str) -> None:
    """Create a batch whose key tells its digest; one that is there already is the same."""
    try:
        store.create(LIVECAM, key, data, sha256=sha256, content_type="application/jsonl")
    except ObjectExists:
        return


def read(store: ObjectStore, key: str) -> Batch:
    """Read one batch. Raises Damaged when its bytes are not those its key names."""
    data = store.read(LIVECAM, key)
    digest16 = key.rsplit("-", 1)[-1].removesuffix(".jsonl")
    if hashlib.sha256(data).hexdigest()[:16] != digest16:
        raise Damaged("a journal batch does not match the digest in its key", key=key)
    try:
        facts = [json.loads(line) for line in data.splitlines()]
    except ValueError as error:
        raise Damaged(f"a journal batch is not JSON lines: {error}", key=key) from None
    if not all(isinstance(fact, dict) for fact in facts):
        raise Damaged("a journal batch holds what is no fact", key=key)
    try:
        return Batch(key, kind_of(key), facts)
    except BadName as error:
        raise Damaged(error.message, key=key) from None


# What becomes of a damaged batch where the others are to be read all the same.
Spoiled = Callable[[str, Damaged], None]


def refuse(_: str, error: Damaged) -> None:
    """Read nothing beyond a damaged batch."""
    raise error


def read_all(store: ObjectStore, keys: Iterable[str], spoiled: Spoiled = refuse) -> Iterator[Batch]:
    """Read batches side by side, in the order given; of a damaged one `spoiled` is told."""

    def attempt(key: str) -> Batch | Damaged:
        try:
            return read(store, key)
        except Damaged as error:
            return error

    wanted = list(keys)
    with ThreadPoolExecutor(READERS) as pool:
        for key, found in zip(wanted, pool.map(attempt, wanted), strict=True):
            if isinstance(found, Damaged):
                spoiled(key, found)
            else:
                yield found


def days(store: ObjectStore, kind: Kind) -> list[str]:
    """The days that hold batches of a kind, in order."""
    return store.folders(LIVECAM, f"{JOURNAL}{kind}/")


def keys(store: ObjectStore, kind: Kind, day: str) -> list[str]:
    """A day's batches of a kind, in the order they were written."""
    return [info.key for info in store.list(LIVECAM, f"{JOURNAL}{kind}/{day}/")]


def facts(
    store: ObjectStore, kind: Kind, since_day: str = "", spoiled: Spoiled = refuse
) -> Iterator[Fact]:
    """Every fact of a kind, in the order written; a rolled-up day may tell one twice."""
    for day in days(store, kind):
        if day >= since_day:
            for batch in read_all(store, keys(store, kind, day), spoiled):
                yield from batch.facts
