"""From the spool to the store: objects, then their receipt, then eviction (E2)."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TypeVar

from edge import receipt
from edge.clocks.boots import ClockFolder
from edge.errors import Damaged, LivecamError, ObjectExists
from edge.receipt import Corrected, Line, Missed, Stored
from edge.segment import Segment
from edge.spool import SealedGap, SealedSegment, Spool
from flows.locks import locked
from flows.site import Site
from flows.stages import label, tell
from flows.stages.tell import Told
from flows.stages.throttle import Rate, Throttle
from flows.store import FOOTAGE, LIVECAM, ObjectStore, Pace

SENDERS = 8
# Where the line is what is slow: fewer objects under way, each there sooner.
HELD_UP_SENDERS = 2
RECEIPT_LINES = 50
# What is stored without a receipt is sent once more after a crash.
RECEIPT_SECONDS = 20.0
RECEIPT_BYTES = receipt.MOST_BYTES // 2

T = TypeVar("T")


@dataclass(slots=True)
class Uploaded:
    """What one upload did; `quarantined` names segments whose bytes were not theirs."""

    segments: int = 0
    gaps: int = 0
    bytes: int = 0
    receipts: list[str] = field(default_factory=list)
    quarantined: list[str] = field(default_factory=list)
    stored: list[Segment] = field(default_factory=list, repr=False)


Progress = Callable[[Uploaded], None]


def upload(
    site: Site,
    spool: Spool,
    *,
    limit: int | None = None,
    idle: bool = False,
    seconds: float = math.inf,
    rate: Rate | None = None,
    progress: Progress = lambda _: None,
) -> Uploaded:
    """Bring sealed segments and gaps to the store, oldest first, until none is left or `limit`.

    Several at once on one machine take turns. Raises the store's first failure, after the
    receipt of what was stored until then. `idle`: tell how this node is also where there was
    nothing to do. `seconds`: begin no segment after that long. `rate` is asked again and again
    while a rate is set; left out, it is the settings'.
    """
    done, began_ms = Uploaded(), site.clock.utc_ms()
    with locked(site.home.locks / "upload.lock"):
        sender = _sender(rate or (lambda: site.settings.upload.rate), seconds)
        _send(site, spool, done, spool.sealed(limit), sender, progress)
        for batch in _batches(spool.gaps()):
            _receipt(site, spool, done, {one: Missed(gap=one.gap) for one in batch})
        _correct(site, spool, done)
        _tell(site, spool, done, began_ms, idle)
    progress(done)
    return done


def spool_of(site: Site) -> Spool:
    """This machine's spool; whose it is, the footage in it tells."""
    spool = Spool(site.home.spool, (site.settings.nodes or ("local",))[0], site.clock)
    owners = [item.segment.node for item in spool.sealed(1)] or [g.gap.node for g in spool.gaps()]
    return Spool(site.home.spool, owners[0], site.clock) if owners else spool


@dataclass(frozen=True, slots=True)
class _Sender:
    """How segments are sent: how many at once, until when (monotonic), held up by whom."""

    at_once: int
    until: float
    pace: Pace | None


def _sender(rate: Rate, seconds: float) -> _Sender:
    until = time.monotonic() + seconds
    if rate() is None:
        return _Sender(SENDERS, until, None)
    return _Sender(HELD_UP_SENDERS, until, Throttle(rate).take)


def _send(
    site: Site,
    spool: Spool,
    done: Uploaded,
    items: list[SealedSegment],
    sender: _Sender,
    progress: Progress,
) -> None:
    """PUTs side by side; a receipt and eviction whenever RECEIPT_LINES of them are stored."""
    stop = threading.Event()

    def put(item: SealedSegment) -> bool | LivecamError | None:
        over = stop.is_set() or time.monotonic() >= sender.until
        return None if over else _put(site.store, item, sender.pace)

    failures: list[LivecamError] = []
    with ThreadPoolExecutor(sender.at_once) as pool:
        try:
            outcomes = zip(items, pool.map(put, items), strict=True)
            for batch in _batches(outcomes, RECEIPT_SECONDS):
                failures += _settle(site, spool, done, batch)
                if failures:
                    raise failures[0]
                progress(done)
        finally:
            stop.set()


def _put(store: ObjectStore, item: SealedSegment, pace: Pace | None) -> bool | LivecamError:
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
            pace=pace,
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
        for part in _parts([line for _, line in pairs]):
            _create(site, done, node, part)
        spool.evict(*(item for item, _ in pairs))
        for item, _ in pairs:
            _count(done, item)


def _correct(site: Site, spool: Spool, done: Uploaded) -> None:
    """What was learned of a clock, after what it corrects; a node keeps none that is stored."""
    for batch in _batches(ClockFolder(spool.root).corrections()):
        for node in sorted({told.correction.node for told in batch}):
            own = [told for told in batch if told.correction.node == node]
            _create(site, done, node, [Corrected(correction=told.correction) for told in own])
        for told in batch:
            told.path.unlink(missing_ok=True)


def _parts(lines: list[Line]) -> Iterator[list[Line]]:
    """Lines in receipts that the hub will read: long fragment indexes make long lines."""
    part: list[Line] = []
    size = 0
    for line in lines:
        more = len(receipt.to_bytes([line]))
        if part and size + more > RECEIPT_BYTES:
            yield part
            part, size = [], 0
        part.append(line)
        size += more
    if part:
        yield part


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
        done.stored.append(item.segment.model_copy(update={"fragments": ()}))
    else:
        done.gaps += 1


def _tell(site: Site, spool: Spool, done: Uploaded, began_ms: int, idle: bool) -> None:
    """Now and then the spool's own audit (E1) and the node's state travel along."""
    told = Told.load(tell.path_of(site))
    for segment in done.stored:
        told.count(segment)
    lines = tell.due(site, spool, told, began_ms, idle=idle)
    if lines:
        _create(site, done, spool.node, lines)
    if lines or done.stored:
        tell.save(site, told)


def _batches(items: Iterable[T], seconds: float = math.inf) -> Iterator[list[T]]:
    """RECEIPT_LINES of them at a time; fewer where they take longer than `seconds` to come."""
    batch, began = list[T](), time.monotonic()
    for item in items:
        batch.append(item)
        if len(batch) == RECEIPT_LINES or time.monotonic() - began >= seconds:
            yield batch
            batch, began = [], time.monotonic()
    if batch:
        yield batch
