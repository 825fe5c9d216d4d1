"""`livecam models promote` and `demote`: what search answers follows them at once."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from edge.errors import BadName
from edge.home import Home
from flows.catalogue import facts, read
from flows.catalogue.journal import Kind
from flows.site import Site
from infra.cli.models import models
from infra.cli.search import search
from tests.flows import story
from tests.flows.stage_site import folder_site
from tests.flows.test_preferred import LATE_MS, OTHER, OWN, result, tell


@pytest.fixture
def here() -> Site:
    """The site of LIVECAM_HOME, the story in it as two models saw it."""
    site = folder_site(Home.from_environment().root)
    every = [story.segment("camera0", n) for n in range(9)]
    tell(site, Kind.SEGMENTS, [facts.stored(s, version_id="", received_ms=1) for s in every])
    tell(site, Kind.RESULTS, [result(n, OWN) for n in range(9)])
    tell(site, Kind.RESULTS, [result(n, OTHER, LATE_MS) for n in range(9)])
    return site


def found() -> list[str]:
    done = CliRunner().invoke(search, ["--events", "--json"], catch_exceptions=False)
    return [json.loads(line)["id"] for line in done.stdout.splitlines()]


def run(*words: str) -> dict[str, object]:
    done = CliRunner().invoke(models, [*words, "--json"], catch_exceptions=False)
    assert done.exit_code == 0
    answer: dict[str, object] = json.loads(done.stdout)
    return answer


def test_what_search_answers_follows_the_pointer_and_goes_back(here: Site) -> None:
    before = found()
    assert run("promote", "other") == {
        "model": "other",
        "sha256": OTHER.digest,
        "cameras": [],
        "did": "promoted",
    }
    (event,) = found()
    assert [event] != before
    assert OTHER.digest[:16] in event
    analysed = read.analyses(here).height
    assert run("demote", OTHER.digest[:8], "--cameras", "camera0")["did"] == "demoted"
    assert found() == before
    assert read.analyses(here).height == analysed


def test_a_model_that_nobody_knows_is_refused_by_name(here: Site) -> None:
    with pytest.raises(BadName, match="no model 'yolo'"):
        run("promote", "yolo")


def test_a_model_without_weights_can_be_promoted_before_it_has_looked(here: Site) -> None:
    before = found()
    assert run("promote", "hog", "--cameras", "camera0, gate")["cameras"] == ["camera0", "gate"]
    assert found() == before
