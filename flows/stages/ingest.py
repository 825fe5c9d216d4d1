"""From inbox to journal to tables: receipts, each claim checked against its object (C6)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice

from edge import receipt
from edge.errors import BadClaim, ObjectExists, ObjectMissing
from flows.catalogue import journal, read
from flows.catalogue.fold import fold
from flows.catalogue.journal import Fact, Kind
from flows.locks import locked
from flows.site import Site
from flows.stages import nodes
from flows.stages.claims import CHECKERS, Checked, check
from flows.store import LIVECAM, ObjectInfo
from flows.store.naming import is_key

# Receipts journalled and folded at a time: at fifty lines each, one commit a thousand rows.
BATCH = 20
BATCH_BYTES = receipt.MOST_BYTES
ASIDE = "aside/"


@dataclass(slots=True)
class Ingested:
    """What one ingest did; `set_aside` names receipts with a line that was refused."""

    receipts: int = 0
    segments: int = 0
    gaps: int = 0
    set_aside: list[str] = field(default_factory=list)


def ingest(
    site: Site, *, limit: int | None = None, progress: Callable[[Ingested], None] = lambda _: None
) -> Ingested:
    """Take in receipts, oldest first a node, until the inbox is empty or `limit` are done.

    An inbox object goes once its lines stand in journal and tables; a crash before that
    repeats it, which changes nothing. Raises the store's Retryable failures.
    """
    done = Ingested()
    with locked(site.home.locks / "ingest.lock"), ThreadPoolExecutor(CHECKERS) as pool:
        # A node may put any name below its prefix; one that is no key of ours is no receipt.
        listed = (i for i in site.store.list(LIVECAM, receipt.INBOX) if is_key(i.key))
        unread: list[ObjectInfo] = []
        waiting = list(islice(_readable(listed, unread), limit))
        for batch in _batches(waiting):
            checked = [check(site, info, pool) for info in batch]
            _take(site, [one for one in checked if one is not None], done)
            progress(done)
        _leave(site, unread, done)
    return done


def _readable(listed: Iterable[ObjectInfo], unread: list[ObjectInfo]) -> Iterator[ObjectInfo]:
    """Receipts of a size that a receipt may have; the others go to `unread`."""
    for info in listed:
        if info.size_bytes <= receipt.MOST_BYTES:
            yield info
        else:
            unread.append(info)


def _batches(infos: Iterable[ObjectInfo]) -> Iterator[list[ObjectInfo]]:
    """BATCH receipts at a time, or what is as much to hold in memory as one large receipt."""
    batch: list[ObjectInfo] = []
    size = 0
    for info in infos:
        if batch and (len(batch) == BATCH or size + info.size_bytes > BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(info)
        size += info.size_bytes
    if batch:
        yield batch


def _leave(site: Site, unread: list[ObjectInfo], done: Ingested) -> None:
    """Say once of what is too large for a receipt that it is set aside: it stays where it is.

    Nothing of it is read, not even to move it; its bytes are as safe here as elsewhere.
    """
    if not unread:
        return
    known = set(read.set_aside(site)["id"])
    fresh = [info for info in unread if f"ingest/{info.key}" not in known]
    now = site.clock.utc_ms()
    told = [_failure(_too_large(info), now) for info in fresh]
    journal.write(site.store, Kind.FAILURES, told, now)
    fold(site)
    done.set_aside += [info.key for info in fresh]


def _too_large(info: ObjectInfo) -> Checked:
    reason = (
        f"{info.size_bytes} bytes are no receipt, which has {receipt.MOST_BYTES} at most;"
        " it stays in the inbox, unread"
    )
    return Checked(info.key, refused=[BadClaim(reason, key=info.key)])


def _take(site: Site, batch: list[Checked], done: Ingested) -> None:
    """Journal, fold, then forget the receipts, in that order."""
    now = site.clock.utc_ms()
    refused = [one for one in batch if one.refused]
    told = (
        (Kind.SEGMENTS, _all(one.segments for one in batch)),
        (Kind.GAPS, _all(one.gaps for one in batch)),
        (Kind.CORRECTIONS, _all(one.corrections for one in batch)),
        (Kind.REPORTS, _all(one.reports for one in batch)),
        (Kind.FAILURES, [_failure(one, now) for one in refused]),
    )
    written = [journal.write(site.store, kind, facts, now) for kind, facts in told]
    for one in refused:
        _keep(site, one.key)
    for (node, about), fact in _newest(batch).items():
        nodes.keep(site, node, about, fact)
    if any(written):  # where nodes told but of themselves, no table changes
        fold(site)
    site.store.delete(LIVECAM, [(one.key, "") for one in batch])
    done.receipts += len(batch)
    done.segments += sum(len(one.segments) for one in batch)
    done.gaps += sum(len(one.gaps) for one in batch)
    done.set_aside += [one.key for one in refused]


def _all(facts: Iterable[list[Fact]]) -> list[Fact]:
    return [fact for some in facts for fact in some]


def _newest(batch: list[Checked]) -> dict[tuple[str, nodes.About], Fact]:
    """What each node of a batch told last of itself."""
    found: dict[tuple[str, nodes.About], Fact] = {}
    for one in batch:
        for about, fact in one.told.items():
            at = receipt.node_of(one.key), about
            if at not in found or fact["received_ms"] >= found[at]["received_ms"]:
                found[at] = fact
    return found


def aside_key(key: str) -> str:
    """Where a refused receipt's bytes are kept."""
    return ASIDE + key.removeprefix(receipt.INBOX)


def _keep(site: Site, key: str) -> None:
    """Keep a refused receipt's bytes, out of the way of the next ones."""
    try:
        site.store.create(LIVECAM, aside_key(key), site.store.read(LIVECAM, key))
    except (ObjectExists, ObjectMissing):
        return  # a crash came between this and the end


def _failure(one: Checked, now_ms: int) -> Fact:
    more = f" (and {len(one.refused) - 1} more)" if len(one.refused) > 1 else ""
    first = one.refused[0]
    return {
        "stage": "ingest",
        "subject": one.key,
        "camera": first.camera or "",
        "key": first.key or one.key,
        "reason": f"{first.message}{more}",
        "attempts": 1,
        "at_ms": now_ms,
        "state": "set_aside",
        "day": receipt_day(one.key),
    }


def receipt_day(key: str, otherwise: str = "1970-01-01") -> str:
    """The day in a receipt's stamp: an item keeps its partition however often it fails."""
    stamp = key.rsplit("/", 1)[-1][:8]
    try:
        return f"{datetime.strptime(stamp, '%Y%m%d').replace(tzinfo=UTC):%Y-%m-%d}"
    except ValueError:
        return otherwise
