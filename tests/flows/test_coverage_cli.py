"""`livecam coverage` on a small archive."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from edge.clock import from_iso
from edge.errors import BadName
from edge.segment import Cause, Gap
from flows.catalogue.fold import fold
from flows.stages.nodes import About, keep
from infra.cli import cli
from tests.flows.archive import SEGMENT_MS, folder_site, miss, put

T0 = from_iso("2026-10-01T10:59:00Z")
HOUR = ("--from", "2026-10-01T10:00:00Z", "--to", "2026-10-01T12:00:00Z")


def run(*words: str) -> Result:
    return CliRunner().invoke(cli, ["coverage", *words], catch_exceptions=False)


def columns(line: str) -> list[str]:
    return re.split(r"\s{2,}", line.strip())


def rows(result: Result) -> list[dict[str, Any]]:
    assert result.exit_code == 0
    return [json.loads(line) for line in result.stdout.splitlines()]


@pytest.fixture(autouse=True)
def gate(livecam_home: Path) -> None:
    """Three segments from a minute before eleven on, a gap of a minute, and what still waits."""
    site = folder_site(livecam_home)
    last = [put(site, "gate", T0 + number * SEGMENT_MS) for number in range(3)][-1]
    gap = Gap(
        camera="gate",
        node="local",
        start_ms=last.end_ms,
        end_ms=last.end_ms + 60_000,
        cause=Cause.CAMERA_UNREACHABLE,
    )
    miss(site, gap)
    fold(site, everything=True)
    waiting = {"gate": {"segments": 1, "bytes": 1, "oldest_ms": gap.end_ms + 10_000}}
    told = {"node": "local", "cameras": waiting, "gaps": 0, "received_ms": gap.end_ms + 40_000}
    keep(site, "local", About.STATE, told)


def test_each_hour_and_their_sum_add_up_to_wall_time() -> None:
    first, second, total = rows(run("--camera", "gate", *HOUR, "--json"))
    assert [row["of"] for row in (first, second, total)] == ["hour", "hour", "sum"]
    assert (first["not_yet_ms"], first["recorded_ms"]) == (59 * 60_000, 60_000)
    assert second["causes"] == total["causes"] == {"camera_unreachable": 60_000}
    assert (second["recorded_ms"], second["gap_ms"], second["pending_ms"]) == (
        30_000,
        60_000,
        30_000,
    )
    assert second["unexplained_ms"] == 3_600_000 - 120_000
    for row in (first, second, total):
        states = [ms for name, ms in row.items() if name.endswith("_ms") and name != "wall_ms"]
        assert sum(states) == row["wall_ms"]


def test_the_table_has_a_column_for_what_took_time() -> None:
    head, first, second, total, share = map(columns, run(*HOUR).stdout.splitlines()[:5])
    assert head == ["gate", "recorded", "camera unreachable", "pending", "not yet", "unexplained"]
    assert first == ["2026-10-01T10:00Z", "0:01:00.000", "·", "·", "0:59:00.000", "·"]
    assert second[:3] == ["2026-10-01T11:00Z", "0:00:30.000", "0:01:00.000"]
    assert total[:3] == ["in sum", "0:01:30.000", "0:01:00.000"]
    assert share[:3] == ["share", "1.25%", "0.83%"]


def test_the_columns_stand_in_line() -> None:
    lines = run(*HOUR).stdout.splitlines()[:5]
    assert len({len(line) for line in lines}) == 1


def test_a_long_table_is_told_by_days_unless_asked() -> None:
    week = ("--from", "2026-09-28T00:00:00Z", "--to", "2026-10-05T00:00:00Z")
    assert len(run(*week).stdout.splitlines()) <= 1 + 8 + 3
    assert len(run(*week, "--per", "hour").stdout.splitlines()) > 7 * 24
    assert len(rows(run(*week, "--json"))) > 7 * 24
    days = rows(run(*week, "--per", "day", "--json"))
    assert [row["of"] for row in days] == ["day"] * (len(days) - 1) + ["sum"]
    assert sum(row["wall_ms"] for row in days[:-1]) == days[-1]["wall_ms"] == 7 * 86_400_000


def test_a_camera_that_is_not_there_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(BadName, match="Did you mean 'gate'"):
        run("--camera", "gata")
    assert rows(run("--json"))[-1]["of"] == "sum"


def test_a_stretch_that_cannot_be_meant_is_refused() -> None:
    assert run("--from", "2026-10-02", "--to", "2026-10-01").exit_code == click.UsageError.exit_code
    assert "Example: livecam coverage" in run("--help").stdout
