"""What was set aside, put back to be tried again."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from edge.clock import to_day, to_ms
from edge.errors import BadName, ObjectExists, ObjectMissing
from edge.segment import SegmentName
from flows.catalogue import journal, read
from flows.catalogue.fold import STAGE, fold
from flows.catalogue.journal import Kind
from flows.site import Site
from flows.stages.ingest import aside_key, receipt_day
from flows.store import LIVECAM

Row = dict[str, Any]


def replay(site: Site, ids: Sequence[str] | None) -> list[Row]:
    """Put back these items, or all (None); answers their rows as they were set aside.

    An id is a row's, or what it names: a segment's id, a receipt's key. Raises BadName for
    one that is not set aside. Harmless to repeat. What is still wrong is set aside again.
    """
    rows = read.set_aside(site).to_dicts()
    chosen = rows if ids is None else [_named(rows, one) for one in ids]
    for row in chosen:
        if row["stage"] == "ingest":
            _receipt(site, _subject(row))
    now = site.clock.utc_ms()
    told = [{**_fact(row, now), "state": "replayed", "attempts": 0} for row in chosen]
    journal.write(site.store, Kind.FAILURES, told, now)
    fold(site)
    if any(row["stage"] == STAGE for row in chosen):
        fold(site, everything=True)  # a batch put back may be of any day
    return chosen


def _named(rows: list[Row], one: str) -> Row:
    for row in rows:
        if one in {row["id"], _subject(row), row["key"]}:
            return row
    raise BadName(f"{one!r} is not set aside", hint="'livecam replay' lists what is")


def _subject(row: Row) -> str:
    return str(row["id"]).removeprefix(f"{row['stage']}/")


def _fact(row: Row, now_ms: int) -> Row:
    return {
        "stage": row["stage"],
        "subject": _subject(row),
        **{name: row[name] for name in ("camera", "key", "reason")},
        # Later than what it answers, also under a clock that went back.
        "at_ms": max(now_ms, to_ms(row["at_utc"]) + 1),
        "day": _day(row),
    }


def _day(row: Row) -> str:
    if row["stage"] == "ingest":
        return receipt_day(_subject(row))
    if row["stage"] == STAGE:
        return journal.day_of(_subject(row))
    segment_id = _subject(row).split("/")[0]
    return to_day(SegmentName.from_file(segment_id + ".mp4").start_ms)


def _receipt(site: Site, key: str) -> None:
    """Back into its inbox, byte for byte; one that is there already waits anyway."""
    with suppress(ObjectExists, ObjectMissing):
        site.store.create(LIVECAM, key, site.store.read(LIVECAM, aside_key(key)))
