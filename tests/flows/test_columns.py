"""Columns that came later: rungs and stand-ins told by rows, also beside rows of older tables."""

from __future__ import annotations

import json

import polars as pl
from click.testing import CliRunner

from edge.home import Home
from flows.audit.evidence import gather
from flows.audit.tables import c4
from flows.catalogue import delta, facts, read
from flows.catalogue.schema import SEGMENTS, Table
from flows.site import Site
from flows.stages import label
from flows.stages.drain import drain
from infra.cli.search import search
from tests.flows.stage_site import SECONDS, START_MS, folder_site, minio_in_full, seal

LATER = ("rung", "fallback")
STEP_MS = SECONDS * 1_000


def three(site: Site) -> None:
    seal(site, "hall", START_MS, kind="rtsp", rung="main", shade=70)
    seal(site, "hall", START_MS + STEP_MS, kind="rtsp", rung="sub", shade=80)
    seal(site, "hall", START_MS + 2 * STEP_MS, kind="fallback scene", rung="480p 2000k")


@minio_in_full
def test_rows_tell_the_rung_and_what_is_a_stand_in(site: Site) -> None:
    three(site)
    drain(site)
    rows = read.segments(site, "hall")
    assert rows["rung"].to_list() == ["main", "sub", "480p 2000k"]
    assert rows["fallback"].to_list() == [False, False, True]
    for key, rung in zip(rows["key"], rows["rung"], strict=True):
        told = site.store.head("footage", key).metadata or {}
        assert told["rung"] == rung
        assert label.from_metadata(told, key).fallback == (rung == "480p 2000k")


def test_a_table_of_an_older_version_is_widened_and_read_with_the_rest(folder: Site) -> None:
    older = Table(
        "segments", pl.Schema({n: t for n, t in SEGMENTS.schema.items() if n not in LATER})
    )
    old = seal(folder, "yard", START_MS, shade=90)
    fact = facts.stored(old, version_id="", received_ms=old.end_ms)
    row = {name: value for name, value in facts.segment_row(fact).items() if name not in LATER}
    delta.insert(delta.open_table(folder.store, older), older, delta.frame(older, [row]))
    assert read.segments(folder)["rung"].to_list() == [""]
    assert read.latest(folder)["fallback"].to_list() == [None]
    three(folder)
    drain(folder)
    rows = read.segments(folder)
    assert rows.filter(pl.col("camera") == "yard").select(LATER).rows() == [("", False)]
    assert rows["rung"].to_list().count("main") == 1
    assert delta.open_table(folder.store, SEGMENTS).version() > 2


def test_what_was_not_told_is_folded_again_as_it_was(folder: Site) -> None:
    seal(folder, "yard", START_MS)
    three(folder)
    drain(folder)
    assert c4(gather(folder)).keys == ()


def test_search_prints_both(livecam_home: object) -> None:
    site = folder_site(Home.from_environment().root)
    three(site)
    drain(site)
    done = CliRunner().invoke(search, ["--segments", "--json"], catch_exceptions=False)
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(row["rung"], row["fallback"]) for row in found] == [
        ("main", False),
        ("sub", False),
        ("480p 2000k", True),
    ]
