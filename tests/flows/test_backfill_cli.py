"""`livecam backfill`: what it prints, and that a second start finds nothing left."""

from __future__ import annotations

import json

import click
import pytest
from click.testing import CliRunner

from edge.errors import BadModel
from edge.home import Home
from flows.catalogue import read
from flows.site import Site
from flows.stages import requests
from flows.stages.backfill import Stretch
from flows.stages.ingest import ingest
from flows.stages.requests import Request
from flows.stages.upload import spool_of, upload
from infra.cli.backfill import backfill
from tests.flows.stage_site import folder_site, seal_some


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> Site:
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:9/api")
    site = folder_site(Home.from_environment().root)
    seal_some(site, count=2)
    upload(site, spool_of(site))
    ingest(site)
    return site


def run(*words: str) -> tuple[dict[str, object], list[str]]:
    done = CliRunner().invoke(backfill, [*words, "--here", "--json"], catch_exceptions=False)
    assert done.exit_code == 0
    return json.loads(done.stdout), done.stderr.splitlines()


def test_it_tells_how_far_it_is_and_goes_on_where_it_was(here: Site) -> None:
    row, told = run("--model", "hog", "--rate", "100%")
    assert (row["model"], row["segments"], row["set_aside"]) == ("hog", 2, 0)
    assert told[0] == "0 of 2 segments (0 %)"
    assert told[-1].startswith("2 of 2 segments (100 %), about 0 s left")
    assert set(read.analyses(here)["analyser"]) == {"hog"}
    row, told = run("--model", "hog", "--order", "oldest")
    assert (row["segments"], told) == (0, ["nothing waits for this model"])


def test_without_workers_it_is_done_in_this_process(here: Site) -> None:
    done = CliRunner().invoke(backfill, ["--model", "hog", "--rate", "100%"])
    assert done.exit_code == 0
    assert done.stderr.startswith("done in this process: Prefect does not answer")
    assert read.analyses(here).height == 2


def test_what_it_is_not_told_to_look_at_it_leaves(here: Site) -> None:
    assert run("--model", "hog", "--cameras", "gate")[0]["segments"] == 0
    assert run("--model", "hog", "--to", "2026-10-31")[0]["segments"] == 0
    assert read.analyses(here).is_empty()


@pytest.mark.usefixtures("here")
def test_a_model_that_is_not_there_is_named() -> None:
    with pytest.raises(BadModel, match="no model 'gone'"):
        run("--model", "gone")


def test_what_was_asked_of_workers_is_cancelled_by_its_model(here: Site) -> None:
    for model, cameras in (("hog", ()), ("hog", ("gate",)), ("other", ())):
        requests.ask(here, Request(model, "d" * 64, Stretch(cameras=cameras)))
    done = CliRunner().invoke(backfill, ["--model", "hog", "--cancel"], catch_exceptions=False)
    assert done.stderr == "cancelled 2; what was found stays\n"
    assert [one.model for one in requests.asked(here)] == ["other"]


@pytest.mark.parametrize("share", ["0%", "101%", "half", "-5%", "²%"])
def test_a_share_is_of_a_hundred(share: str) -> None:
    done = CliRunner().invoke(backfill, ["--model", "hog", "--rate", share])
    assert isinstance(done.exception, SystemExit | click.UsageError)
    assert "write 1% to 100%" in done.stderr
