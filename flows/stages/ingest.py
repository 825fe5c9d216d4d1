"""From inbox to journal to tables: receipts, each claim checked against its object (C6)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice

from edge import receipt
from edge.errors import ObjectExists, ObjectMissing
from flows.catalogue import journal
from flows.catalogue.fold import fold
from flows.catalogue.journal import Fact, Kind
from flows.locks import locked
from flows.site import Site
from flows.stages.claims import CHECKERS, Checked, check
from flows.store import LIVECAM
from flows.store.naming import is_key

# Receipts journalled and folded at a time: at fifty lines each, one commit a thousand rows.
BATCH = 20
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
        waiting = islice(site.store.list(LIVECAM, receipt.INBOX), limit)
        # A node may put any name below its prefix; one that is no key of ours is no receipt.
        keys = [info.key for info in waiting if is_key(info.key)]
        for at in range(0, len(keys), BATCH):
            checked = [check(site, key, pool) for key in keys[at : at + BATCH]]
            _take(site, [one for one in checked if one is not None], done)
            progress(done)
    return done


def _take(site: Site, batch: list[Checked], done: Ingested) -> None:
    """Journal, fold, then forget the receipts, in that order."""
    now = site.clock.utc_ms()
    journal.write(site.store, Kind.SEGMENTS, _all(one.segments for one in batch), now)
    journal.write(site.store, Kind.GAPS, _all(one.gaps for one in batch), now)
    journal.write(site.store, Kind.REPORTS, _all(one.reports for one in batch), now)
    refused = [one for one in batch if one.refused]
    journal.write(site.store, Kind.FAILURES, [_failure(one, now) for one in refused], now)
    for one in refused:
        _keep(site, one.key)
    fold(site)
    site.store.delete(LIVECAM, [(one.key, "") for one in batch])
    done.receipts += len(batch)
    done.segments += sum(len(one.segments) for one in batch)
    done.gaps += sum(len(one.gaps) for one in batch)
    done.set_aside += [one.key for one in refused]


def _all(facts: Iterable[list[Fact]]) -> list[Fact]:
    return [fact for some in facts for fact in some]


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
