"""Rebuild, reconcile and compact: the tables are an index that can always be made again."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest

from edge.clock import to_day
from flows.catalogue import delta, journal, read
from flows.catalogue.fold import DAY_MS, fold
from flows.catalogue.journal import Kind
from flows.catalogue.schema import SEGMENTS
from flows.site import Site
from flows.stages.compact import compact, roll_up
from flows.stages.drain import drain
from flows.stages.holds import place, release
from flows.stages.rebuild import rebuild
from flows.stages.reconcile import reconcile
from flows.stages.upload import spool_of, upload
from flows.store import FOOTAGE, LIVECAM
from tests.flows.archive import FakeClock
from tests.flows.snapshot import facts_of
from tests.flows.stage_site import START_MS, minio_in_full, minio_site, seal_some
from tests.servers.minio_server import Minio


def lived_in(site: Site) -> dict[str, list[tuple[object, ...]]]:
    """A site where something of every kind happened."""
    sealed = seal_some(site)
    drain(site)
    place(site, "hall", START_MS, START_MS + 1_000, "court")
    place(site, "hall", START_MS, START_MS + 2_000)
    release(site, "hall", START_MS, START_MS + 500)
    expire(site, sealed[0].id)
    return facts_of(site)


def expire(site: Site, segment_id: str) -> None:
    now = site.clock.utc_ms()
    fact = {
        "id": segment_id,
        "received_ms": now,
        "policy_days": 0.0,
        "reason": "old",
        "plan": "plan",
        "expired_ms": now,
        "size_bytes": 1,
    }
    journal.write(site.store, Kind.EXPIRIES, [fact], now)
    fold(site)


@minio_in_full
def test_a_rebuild_gives_every_fact_again(site: Site) -> None:
    before = lived_in(site)
    assert before["holds"]
    rebuild(site)
    assert facts_of(site) == before


def test_a_rebuild_needs_nothing_of_the_tables(folder: Site) -> None:
    before = lived_in(folder)
    log = folder.home.store / LIVECAM / "catalogue" / "segments" / "_delta_log"
    for path in log.glob("*.json"):
        path.write_text("not a log")
    rebuild(folder)
    assert facts_of(folder) == before


def test_a_doubled_row_reads_as_one_and_a_rebuild_takes_it_away(folder: Site) -> None:
    before = lived_in(folder)
    table = delta.open_table(folder.store, SEGMENTS)
    rows = delta.rows_of(folder.store, table).collect()
    from deltalake import write_deltalake

    doubled = rows.with_columns(day=rows["start_utc"].dt.strftime("%Y-%m-%d"))
    write_deltalake(table, doubled.select(*SEGMENTS.schema), mode="append")
    assert facts_of(folder) == before
    rebuild(folder)
    table = delta.open_table(folder.store, SEGMENTS)
    assert delta.rows_of(folder.store, table).collect().height == rows.height


def test_a_fold_cut_short_is_finished_by_the_next(
    folder: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    seal_some(folder)
    drain(folder)
    before = facts_of(folder)
    rebuild(folder)
    steps = at = 0
    real = delta.insert

    def dies(*args: object) -> None:
        nonlocal steps
        steps += 1
        if steps == at:
            raise KeyboardInterrupt
        real(*args)  # type: ignore[arg-type]

    while at < 8:
        steps, at = 0, at + 1
        with monkeypatch.context() as patch:
            patch.setattr(delta, "insert", dies)
            with suppress(KeyboardInterrupt):
                rebuild(folder)
        fold(folder, everything=True)
        assert facts_of(folder) == before


@minio_in_full
def test_an_object_without_a_row_gets_one(site: Site) -> None:
    sealed = seal_some(site)
    upload(site, spool_of(site))
    receipts = [(info.key, "") for info in site.store.list(LIVECAM, "inbox/")]
    kept = [(key, site.store.read(LIVECAM, key)) for key, _ in receipts]
    site.store.delete(LIVECAM, receipts)

    assert reconcile(site)["rows_made"] == [one.key for one in sealed]

    made = read.segments(site).rows()
    assert reconcile(site)["rows_made"] == []
    for key, data in kept:
        site.store.create(LIVECAM, key, data)
    drain(site)
    assert read.segments(site).rows() == made


def test_footage_without_metadata_gets_a_row_too(folder: Site) -> None:
    (one,) = seal_some(folder, count=1)
    path = folder.home.spool / "sealed" / one.name.file
    folder.store.create(FOOTAGE, one.key, path)
    junk = "videos/hall/2026-11-01/notes.txt"
    folder.store.create(FOOTAGE, junk, b"hello")
    report = reconcile(folder)
    assert report["rows_made"] == [one.key]
    assert report["foreign"] == [junk]
    row = read.segments(folder).row(0, named=True)
    assert (row["sha256"], row["wall_ms"]) == (one.sha256, one.media_ms)


@minio_in_full
def test_a_lost_object_is_told_once_and_shows_as_a_gap(site: Site) -> None:
    sealed = seal_some(site)
    drain(site)
    row = read.segments(site).row(1, named=True)
    site.store.delete(FOOTAGE, [(row["key"], row["version_id"])])

    for _ in range(2):
        assert reconcile(site)["rows_without_object"] == [sealed[1].key]

    assert read.gaps(site).select("cause", "detail").rows() == [("lost_in_store", sealed[1].id)]
    assert read.segments(site).height == 3


def test_a_second_version_is_reported(own_minio: Minio, livecam_home: Path) -> None:
    site = minio_site(own_minio, livecam_home)
    sealed = seal_some(site, count=1)
    drain(site)
    site.store._s3.put_object(Bucket=FOOTAGE, Key=sealed[0].key, Body=b"else")  # type: ignore[attr-defined]
    assert reconcile(site)["second_versions"] == [sealed[0].key]


def later(site: Site, days: int) -> Site:
    clock = FakeClock(site.clock.utc_ms() + days * DAY_MS)
    return Site(site.settings, site.home, site.store, clock)


@minio_in_full
def test_compacting_changes_no_fact(site: Site) -> None:
    before = lived_in(site)
    compact(later(site, 3))
    assert facts_of(site) == before


def test_a_finished_days_journal_is_one_batch_a_kind(folder: Site) -> None:
    before = lived_in(folder)
    day = to_day(folder.clock.utc_ms())
    assert len(journal.keys(folder.store, Kind.HOLDS, day)) > 1
    for _ in range(2):
        compact(later(folder, 3))
        assert facts_of(folder) == before
        for kind in (Kind.HOLDS, Kind.SEGMENTS, Kind.RESULTS):
            assert len(journal.keys(folder.store, kind, day)) == 1
    rebuild(folder)
    assert facts_of(folder) == before


def test_a_roll_up_cut_short_is_finished_by_the_next(
    folder: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = lived_in(folder)
    day = to_day(folder.clock.utc_ms())
    with monkeypatch.context() as patch:
        patch.setattr(folder.store.__class__, "delete", _cut_short)
        with pytest.raises(KeyboardInterrupt):
            roll_up(folder, Kind.HOLDS, day)
    rebuild(folder)
    assert facts_of(folder) == before
    roll_up(folder, Kind.HOLDS, day)
    assert len(journal.keys(folder.store, Kind.HOLDS, day)) == 1
    rebuild(folder)
    assert facts_of(folder) == before


def _cut_short(*_: object) -> None:
    raise KeyboardInterrupt
