"""The commands that ask and mend: search, get, drain, rebuild, reconcile, replay."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from edge.errors import BadName, Damaged, ObjectMissing
from flows.site import Site
from flows.store import FOOTAGE
from infra.cli import cli
from tests.flows.stage_site import folder_site, seal_some

SEGMENT = [
    *("id", "status", "camera", "node", "start_utc", "end_utc", "received_utc", "media_ms"),
    *("wall_ms", "key", "version_id", "size_bytes", "sha256", "codec", "width", "height", "fps"),
    *("rung", "fallback", "synchronised"),
]

Run = Callable[..., Result]


@pytest.fixture
def run(livecam_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """`livecam` in this process, in an empty working folder; errors are raised."""
    monkeypatch.chdir(tmp_path)
    return lambda *words: CliRunner().invoke(cli, list(words), catch_exceptions=False)


@pytest.fixture
def here(livecam_home: Path) -> Site:
    """The site that the commands open by themselves."""
    return folder_site(livecam_home)


def rows(result: Result) -> list[dict[str, Any]]:
    assert result.exit_code == 0
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_search_prints_the_columns_it_promises(run: Run, here: Site) -> None:
    sealed = seal_some(here)
    (done,) = rows(run("drain", "--json"))
    assert list(done) == ["uploaded", "ingested", "analysed", "set_aside", "seconds"]
    assert done["analysed"] == 3
    found = rows(run("search", "--segments", "--camera", "hall", "--json"))
    assert [list(row) for row in found] == [SEGMENT] * 3
    assert [row["id"] for row in found] == [one.id for one in sealed]
    assert found[0]["start_utc"] == "2026-11-01T10:00:00.000Z"
    some = rows(run("search", "--segments", "--from", "2026-11-01T10:00:03Z", "--json"))
    assert [row["id"] for row in some] == [one.id for one in sealed[1:]]
    assert rows(run("search", "--segments", "--to", "2026-11-01T10:00:00Z", "--json")) == []
    assert sealed[0].key in run("search", "--segments").stdout
    assert "no events found" in run("search", "--label", "person", "--camera", "x").stderr


def test_get_gives_the_rows_bytes_or_none(run: Run, here: Site, tmp_path: Path) -> None:
    one, two, _ = seal_some(here)
    run("drain")
    assert run("get", one.key, "-o", "one.mp4").exit_code == 0
    data = (tmp_path / "one.mp4").read_bytes()
    assert hashlib.sha256(data).hexdigest() == one.sha256
    assert run("get", one.key, "-o", "-").stdout_bytes == data

    stored = here.home.store / FOOTAGE / two.key
    stored.write_bytes(stored.read_bytes()[:-1] + b"x")
    with pytest.raises(Damaged):
        run("get", two.key, "-o", "two.mp4")
    with pytest.raises(BadName, match="not a segment's key"):
        run("get", "../x", "-o", "x")
    with pytest.raises(ObjectMissing):
        run("get", one.key.replace("hall", "yard"), "-o", "x")
    assert sorted(path.name for path in tmp_path.glob("*.*")) == ["one.mp4"]


def test_rebuild_reconcile_and_replay_say_what_they_did(run: Run, here: Site) -> None:
    seal_some(here, count=2)
    run("drain")
    (rebuilt,) = rows(run("rebuild", "--json"))
    assert rebuilt["rows"]["segments"] == 2
    (report,) = rows(run("reconcile", "--json"))
    assert (report["objects"], report["rows"], report["rows_made"]) == (2, 2, [])
    assert rows(run("replay", "--json")) == []
    assert "nothing is set aside" in run("replay", "--all").stderr
    with pytest.raises(BadName):
        run("replay", "nothing")


@pytest.mark.parametrize("name", ["drain", "search", "get", "rebuild", "reconcile", "replay"])
def test_each_help_has_an_example(run: Run, name: str) -> None:
    assert f"Example: livecam {name}" in run(name, "--help").stdout
