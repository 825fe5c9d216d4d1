"""From the spool to the store: objects, then their receipt, then eviction (E2)."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from typing import TypeVar

from edge import receipt
from edge.errors import Damaged, LivecamError, ObjectExists
from edge.receipt import Line, Missed, Report, Stored
from edge.segment import Segment
from edge.spool import SealedGap, SealedSegment, Spool
from flows.locks import locked
from flows.site import Site
from flows.stages import label
from flows.store import FOOTAGE, LIVECAM, ObjectStore

SENDERS = 8
RECEIPT_LINES = 50
REPORT_EVERY_MS = 3_600_000

T = TypeVar("T")


@dataclass(slots=True)
class Uploaded:
    """What one upload did; `quarantined` names segments whose bytes were not theirs."""

    segments: int = 0
    gaps: int = 0
    bytes: int = 0
    receipts: list[str] = field(default_factory=list)
    quarantined: list[str] = field(default_factory=list)


Progress = Callable[[Uploaded], None]


def upload(
    site: Site,
    spool: Spool,
    *,
    limit: int | None = None,
    progress: Progress = lambda _: None,
) -> Uploaded:
    """Bring sealed segments and gaps to the store, oldest first, until none is left or `limit`.

    Several at once on one machine take turns. Raises the store's first failure, after the
    receipt of what was stored until then.
    """
    done = Uploaded()
    with locked(site.home.locks / "upload.lock"):
        _send(site, spool, done, spool.sealed(limit), progress)
        for batch in _batches(spool.gaps()):
            _receipt(site, spool, done, {one: Missed(gap=one.gap) for one in batch})
        _report(site, spool, done)
    progress(done)
    return done


def spool_of(site: Site) -> Spool:
    """This machine's spool; whose it is, the footage in it tells."""
    spool = Spool(site.home.spool, (site.settings.nodes or ("local",))[0], site.clock)
    owners = [item.segment.node for item in spool.sealed(1)] or [g.gap.node for g in spool.gaps()]
    return Spool(site.home.spool, owners[0], site.clock) if owners else spool


def _send(
    site: Site, spool: Spool, done: Uploaded, items: list[SealedSegment], progress: Progress
) -> None:
    """PUTs side by side; a receipt and eviction whenever RECEIPT_LINES of them are stored."""
    stop = threading.Event()

    def put(item: SealedSegment) -> bool | LivecamError | None:
        return None if stop.is_set() else _put(site.store, item)

    failures: list[LivecamError] = []
    with ThreadPoolExecutor(SENDERS) as pool:
        try:
            outcomes = zip(items, pool.map(put, items), strict=True)
            for batch in _batches(outcomes):
                failures += _settle(site, spool, done, batch)
                if failures:
                    raise failures[0]
                progress(done)
        finally:
            stop.set()


def _put(store: ObjectStore, item: SealedSegment) -> bool | LivecamError:
    """Create the object; answers whether it is unconfirmed, or what went wrong."""
    segment = item.segment
    try:
        store.create(
            FOOTAGE,
            segment.key,
            item.path,
            sha256=segment.sha256,
            metadata=label.to_metadata(segment),
            content_type=label.CONTENT_TYPE,
        )
    except ObjectExists:
        return True  # E2: a node cannot read, so the hub compares the digest
    except LivecamError as error:
        return error
    return False


def _settle(
    site: Site,
    spool: Spool,
    done: Uploaded,
    batch: Sequence[tuple[SealedSegment, bool | LivecamError | None]],
) -> list[LivecamError]:
    """Receipt and evict what was stored, quarantine what was damaged; answers the failures."""
    stored = {item: _stored(item.segment, o) for item, o in batch if isinstance(o, bool)}
    _receipt(site, spool, done, stored)
    failures = []
    for item, outcome in batch:
        if not isinstance(outcome, LivecamError):
            continue
        if isinstance(outcome, Damaged) or outcome.path == str(item.path):
            # Only where it still lies: what another process evicted meanwhile is no failure.
            if item.path.exists():
                spool.quarantine(item, outcome.message)
                done.quarantined.append(item.segment.id)
        elif item.path.exists():
            failures.append(outcome)
    return failures


def _stored(segment: Segment, unconfirmed: bool) -> Stored:
    return Stored(key=segment.key, unconfirmed=unconfirmed, segment=segment)


def _receipt(
    site: Site,
    spool: Spool,
    done: Uploaded,
    lines: dict[SealedSegment, Stored] | dict[SealedGap, Missed],
) -> None:
    """Store one receipt for each node named, then evict (E2)."""
    by_node: dict[str, list[tuple[SealedSegment | SealedGap, Line]]] = {}
    for item, line in lines.items():
        node = item.segment.node if isinstance(item, SealedSegment) else item.gap.node
        by_node.setdefault(node, []).append((item, line))
    for node, pairs in by_node.items():
        _create(site, done, node, [line for _, line in pairs])
        for item, _ in pairs:
            spool.evict(item)
            _count(done, item)


def _create(site: Site, done: Uploaded, node: str, lines: list[Line]) -> None:
    data = receipt.to_bytes(lines)
    key = receipt.key_for(node, data, site.clock.utc_ms())
    try:
        site.store.create(LIVECAM, key, data, content_type="application/jsonl")
    except ObjectExists:
        return  # the same lines at the same moment
    finally:
        done.receipts.append(key)


def _count(done: Uploaded, item: SealedSegment | SealedGap) -> None:
    if isinstance(item, SealedSegment):
        done.segments += 1
        done.bytes += item.segment.size_bytes
    else:
        done.gaps += 1


def _report(site: Site, spool: Spool, done: Uploaded) -> None:
    """Now and then the spool's own audit travels along (E1, E2): its evidence is only here."""
    told = site.home.run / "reported.json"
    now = site.clock.utc_ms()
    if not done.segments or (
        told.exists() and 0 <= now - json.loads(told.read_bytes())["at_ms"] < REPORT_EVERY_MS
    ):
        return
    _create(site, done, spool.node, [Report(node=spool.node, at_ms=now, laws=spool.check())])
    told.parent.mkdir(parents=True, exist_ok=True)
    told.write_text(json.dumps({"at_ms": now}))


def _batches(items: Iterable[T]) -> Iterator[list[T]]:
    iterator = iter(items)
    while batch := list(islice(iterator, RECEIPT_LINES)):
        yield batch
