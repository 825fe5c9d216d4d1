"""The evidence an audit looks at, read once, in the order footage moves.

A segment goes from spool to inbox to table: read in that order, one that moves meanwhile is
seen at least once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import polars as pl

from edge import receipt
from edge.clock import to_ms
from edge.clocks.boots import ClockFolder
from edge.clocks.correction import Correction, by_camera
from edge.errors import BadClaim, ObjectMissing
from edge.receipt import Corrected, LawCheck, Missed, Stored
from edge.segment import VIDEOS, Gap, Origin, Segment
from edge.spool import Account, Spool
from flows.catalogue import delta, facts, fold, journal
from flows.catalogue.journal import Fact, Kind
from flows.catalogue.placing import Timelines
from flows.catalogue.schema import CORRECTIONS, TABLES, Table
from flows.locks import locked
from flows.site import Site
from flows.stages import nodes
from flows.store import FOOTAGE, LIVECAM, ObjectInfo

Span = tuple[int, int]
Spans = dict[str, list[Span]]
Item = Segment | Gap


@dataclass(frozen=True, slots=True)
class Evidence:
    """All of it. `tables` are raw: doubled rows stand twice. Spans are ms, by camera."""

    site: Site
    accounts: dict[str, Account]  # camera → up to when this machine's recorder has accounted
    moving: list[Item]  # what the spool and the inbox hold, recorded footage and gaps
    corrected: list[Correction]  # what those hold of clocks
    spool: dict[str, LawCheck]
    tables: dict[str, pl.DataFrame]
    folded: frozenset[str]
    objects: dict[str, list[ObjectInfo]]  # versions by key; delete markers included
    intents: list[Fact] = field(default_factory=list)
    holds: list[Fact] = field(default_factory=list)
    damaged: Mapping[Kind, list[str]] = field(default_factory=dict)  # batches no one can read
    laws: Mapping[str, Fact] = field(default_factory=dict)  # node → its newest report

    def timelines(self, *, spool: bool = True) -> Timelines:
        """What is known of clocks; without `spool` no more than the tables hold."""
        told = [facts.correction_of(row) for row in self.rows(CORRECTIONS)]
        return by_camera([*told, *self.corrected] if spool else told)

    def rows(self, table: Table) -> list[Fact]:
        """A table's rows, doubled ones twice."""
        return list(self.tables[table.name].iter_rows(named=True))


def gather(site: Site) -> Evidence:
    """Read everything but the footage's bytes."""
    spool = Spool(site.home.spool, "local", site.clock) if site.home.spool.is_dir() else None
    accounts = _accounts(spool) if spool else {}
    told = list(_moving(site, spool))
    checks = spool.check() if spool else {}
    # Objects before rows: an object whose row is younger than this listing is no finding.
    objects: dict[str, list[ObjectInfo]] = {}
    for info in site.store.versions(FOOTAGE, VIDEOS):
        objects.setdefault(info.key, []).append(info)
    tables, folded = _tables(site)
    damaged: dict[Kind, list[str]] = {}
    return Evidence(
        site=site,
        accounts=accounts,
        moving=[item for item in told if not isinstance(item, Correction)],
        corrected=[item for item in told if isinstance(item, Correction)],
        spool=checks,
        tables=tables,
        folded=folded,
        objects=objects,
        intents=_facts(site, Kind.INTENTS, damaged),
        holds=_facts(site, Kind.HOLDS, damaged),
        damaged=damaged,
        laws=nodes.newest(site, nodes.About.LAWS),
    )


def _facts(site: Site, kind: Kind, damaged: dict[Kind, list[str]]) -> list[Fact]:
    keys = damaged.setdefault(kind, [])
    found = journal.facts(site.store, kind, spoiled=lambda key, _: keys.append(key))
    return [dict(fact) for fact in found]


def _accounts(spool: Spool) -> dict[str, Account]:
    found = {}
    for path in sorted((spool.root / "account").glob("*.json")):
        account = spool.account_end(path.stem)
        if account is not None:
            found[path.stem] = account
    return found


def _moving(site: Site, spool: Spool | None) -> Iterator[Item | Correction]:
    if spool is not None:
        for item in spool.sealed():
            if item.segment.origin is Origin.RECORDED:
                yield item.segment
        yield from (gap.gap for gap in spool.gaps())
        yield from (told.correction for told in ClockFolder(spool.root).corrections())
    for info in site.store.list(LIVECAM, receipt.INBOX):
        yield from _claimed(site, info.key)


def _claimed(site: Site, key: str) -> Iterator[Item | Correction]:
    try:
        data = site.store.read(LIVECAM, key, size=receipt.MOST_BYTES + 1)
        lines = receipt.from_bytes(data, key)
    except (BadClaim, ObjectMissing):
        return
    for line in lines:
        if isinstance(line, Stored):
            yield line.segment
        elif isinstance(line, Missed):
            yield line.gap
        elif isinstance(line, Corrected):
            yield line.correction


def _tables(site: Site) -> tuple[dict[str, pl.DataFrame], frozenset[str]]:
    """The tables and the batches they hold, of one moment between two folds."""
    with locked(site.home.locks / "fold.lock"):
        frames = {table.name: raw(site, table) for table in TABLES}
        days = {day for kind in fold.FOLDED for day in journal.days(site.store, kind)}
        return frames, frozenset(fold.folded(site, days))


def raw(site: Site, table: Table) -> pl.DataFrame:
    """A table's rows as its files hold them."""
    found = delta.find(site.store, table)
    files = [] if found is None else found.file_uris()
    return delta.scan(site.store, files, table.schema).collect()


def span_of(row: Fact) -> Span:
    """A row's stretch of time in ms."""
    return to_ms(row["start_utc"]), to_ms(row["end_utc"])
