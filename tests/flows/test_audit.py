"""Each law broken on purpose, and the audit naming it and what breaks it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from deltalake import write_deltalake

from edge.segment import Cause, Gap, Segment
from flows.audit import audit, broken
from flows.catalogue import delta, journal
from flows.catalogue.fold import fold
from flows.catalogue.journal import Kind
from flows.catalogue.schema import GAPS, SEGMENTS, Table
from flows.deeds import Deeds
from flows.settings import FlowSettings, RetainSettings
from flows.site import Site
from flows.stages import holds, retain
from flows.store import FOOTAGE
from tests.flows.archive import SEGMENT_MS, fill, folder_site, miss, put, segment_of


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """Camera `a` keeps nothing; `b` has three segments, a gap and a fourth."""
    settings = FlowSettings(
        nodes=("local",), camera_nodes={"a": "local"}, camera_retain={"a": RetainSettings(days=0)}
    )
    made = folder_site(tmp_path, settings)
    before = fill(made, "b", 5)[-1].end_ms
    after = put(made, "b", before + 10_000)
    gap = Gap(
        camera="b",
        node="local",
        start_ms=before,
        end_ms=after.start_ms,
        cause=Cause.CAMERA_UNREACHABLE,
    )
    miss(made, gap)
    fold(made, everything=True)
    return made


def found(site: Site, *, quick: bool = False) -> dict[str, list[str]]:
    """The broken laws and their keys."""
    laws = audit(site, quick=quick)
    return {
        law.number: sorted(set(law.finding.keys))
        for law in laws
        if law.finding and law.finding.keys
    }


def stored(site: Site, camera: str = "b") -> list[dict[str, object]]:
    table = delta.open_table(site.store, SEGMENTS)
    rows = delta.rows_of(site.store, table).filter(pl.col("camera") == camera)
    return rows.sort("start_utc").collect().to_dicts()


def overwrite(site: Site, table: Table, change: Callable[[pl.DataFrame], pl.DataFrame]) -> None:
    """Change a table behind the journal's back."""
    opened = delta.open_table(site.store, table)
    rows = pl.DataFrame(opened.to_pyarrow_table())
    write_deltalake(site.store.delta_uri(table.path), change(rows).to_arrow(), mode="overwrite")


def file_of(site: Site, key: object) -> Path:
    return site.home.store / FOOTAGE / str(key)


def test_a_sound_archive_breaks_no_law(site: Site) -> None:
    fill(site, "a", 5)
    retain.retain(site)
    laws = audit(site)
    assert found(site) == {}
    assert not broken(laws)
    checked = {law.number: law.finding.checked for law in laws if law.finding}
    assert checked["C3"] == 4
    assert checked["D3"] == 3
    assert checked["C4"] > 7
    assert {law.number for law in laws} == {
        *("E1", "E2", "E3", "E4", "E5", "C1", "C2", "C3", "C4", "C5", "C6"),
        *("D1", "D2", "D3", "A1", "A2", "A3"),
    }


def test_a_deed_that_was_changed_is_a3(site: Site) -> None:
    deeds = Deeds(site.home, site.clock)
    for name in ("one", "two", "three"):
        deeds.tell("anna", "export", name)
    assert found(site, quick=True) == {}
    with sqlite3.connect(site.home.gateway / "deeds.db") as log:
        log.execute("DROP TRIGGER never_changed")
        log.execute("UPDATE deeds SET who = 'eve' WHERE seq = 2")
    assert found(site, quick=True) == {"A3": ["seq 2"]}


def test_a_flipped_byte_is_c3(site: Site) -> None:
    row = stored(site)[1]
    path = file_of(site, row["key"])
    data = bytearray(path.read_bytes())
    data[100] ^= 1
    path.write_bytes(data)
    assert found(site)["C3"] == [row["key"]]


def test_a_deleted_object_is_c3(site: Site) -> None:
    row = stored(site)[1]
    file_of(site, row["key"]).unlink()
    assert found(site)["C3"] == [row["key"]]
    assert found(site, quick=True)["C3"] == [row["key"]]


def test_a_doubled_row_is_c2(site: Site) -> None:
    row = stored(site)[0]
    overwrite(site, SEGMENTS, lambda rows: pl.concat([rows, rows.filter(id=row["id"])]))
    assert found(site) == {"C2": [row["key"]]}


def test_a_changed_row_is_c4(site: Site) -> None:
    row = stored(site)[0]
    overwrite(
        site,
        SEGMENTS,
        lambda rows: rows.with_columns(fps=pl.when(id=row["id"]).then(99.0).otherwise("fps")),
    )
    assert found(site)["C4"] == [row["key"]]


def test_a_lost_gap_is_e3_and_c4(site: Site) -> None:
    overwrite(site, GAPS, lambda rows: rows.clear())
    wrong = found(site)
    assert wrong.keys() == {"E3", "C4"}
    assert wrong["E3"][0].startswith("b ")


def test_a_row_that_left_its_object_s_name_is_c1(site: Site) -> None:
    row = stored(site)[0]
    other = "0" * 64
    overwrite(
        site,
        SEGMENTS,
        lambda rows: rows.with_columns(
            sha256=pl.when(id=row["id"]).then(pl.lit(other)).otherwise("sha256")
        ),
    )
    assert found(site)["C1"] == [row["key"]]


def test_an_object_that_nobody_told_of_is_c3(site: Site) -> None:
    segment = segment_of(b"x", "c", site.clock.utc_ms() - 10 * SEGMENT_MS)
    site.store.create(FOOTAGE, segment.key, b"x")
    late = replace(site, clock=_Later(site.clock.utc_ms()))
    assert found(late)["C3"] == [segment.key]


class _Later:
    """Two hours on: an object without a row has had its time."""

    def __init__(self, now_ms: int) -> None:
        self.now_ms = now_ms + 7_200_000

    def utc_ms(self) -> int:
        return self.now_ms

    def monotonic_ms(self) -> int:
        return self.now_ms

    def boot_id(self) -> str:
        return "boot"

    def sleep(self, seconds: float) -> None:
        self.now_ms += round(seconds * 1_000)


def expire(site: Site, segment: Segment, **changed: object) -> None:
    """Journal an expiry that no run decided."""
    fact = {
        "id": segment.id,
        "received_ms": segment.end_ms,
        "policy_days": 30.0,
        "reason": "by hand",
        "plan": "nobody's",
        "size_bytes": segment.size_bytes,
        "expired_ms": site.clock.utc_ms(),
    }
    journal.write(site.store, Kind.EXPIRIES, [{**fact, **changed}], site.clock.utc_ms())
    fold(site)


def test_an_expiry_before_its_time_is_d1_and_one_without_plan_d3(site: Site) -> None:
    segment = fill(site, "a", 5)[0]
    expire(site, segment)
    wrong = found(site)
    assert wrong["D1"] == [segment.key]
    assert wrong["D3"] == [segment.key]  # its object stands, and nobody planned it


def test_an_expiry_under_hold_is_d1(site: Site) -> None:
    segment = fill(site, "a", 5)[0]
    holds.place(site, "a", segment.start_ms, segment.end_ms)
    expire(site, segment, policy_days=0.0)
    assert found(site)["D1"] == [segment.key]


def test_a_signed_address_in_a_log_is_a2(site: Site) -> None:
    site.home.logs.mkdir(parents=True)
    (site.home.logs / "app.log").write_text("GET /x?X-Amz-Signature=abc\n")
    assert found(site)["A2"] == ["logs/app.log"]
