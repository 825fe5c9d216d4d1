"""`livecam models compare`: what one model finds and the other doesn't, with pictures."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from numpy.typing import NDArray

from edge.errors import BadName
from edge.home import Home
from flows.catalogue import read
from flows.catalogue.preferred import Model
from flows.media.crop import crop
from flows.site import Site
from flows.stages.analyse import analyse
from flows.stages.backfill import Stretch, backfill
from flows.stages.compare import compare
from flows.stages.ingest import ingest
from flows.stages.upload import spool_of, upload
from flows.store import FOOTAGE
from flows.vision.detector import Box, Detection
from infra.cli.models import models
from tests.flows.detectors import Finder, Given
from tests.flows.stage_site import SECONDS, START_MS, clip, folder_site, seal

OWN, TWIN = Finder("fastestdet", "d"), Finder("twin", "a", score=0.7)


class Blind(Finder):
    """Has eyes for nothing."""

    def detect(self, picture: NDArray[np.uint8]) -> list[Detection]:
        return super().detect(picture * 0)


BLIND = Blind("blind", "b")


def model(of: Finder) -> Model:
    return Model(of.name, of.digest)


@pytest.fixture
def here() -> Site:
    """Two visits of a square, which three models looked at; a third only the first of them."""
    site = folder_site(Home.from_environment().root)
    for minute in (0, 10):
        seal(site, "hall", START_MS + minute * 60_000)
    seal(site, "yard", START_MS)
    upload(site, spool_of(site))
    ingest(site)
    for one in (OWN, BLIND, TWIN):
        analyse(site, "run", detectors=Given(site, one))
    seal(site, "hall", START_MS + 20 * 60_000)
    upload(site, spool_of(site))
    ingest(site)
    backfill(site, "run", OWN, Stretch())
    return site


def test_only_footage_that_both_have_looked_at_counts(here: Site) -> None:
    assert read.events(here, "hall").height == 3
    hall, yard = compare(here, model(OWN), model(BLIND))
    assert (hall.camera, hall.segments, hall.footage_ms) == ("hall", 2, 2 * SECONDS * 1_000)
    assert (hall.both, len(hall.only_a), len(hall.only_b)) == (0, 2, 0)
    assert len(yard.only_a) == 1
    (other, _) = compare(here, model(BLIND), model(OWN))
    assert (len(other.only_a), len(other.only_b)) == (0, 2)
    same = compare(here, model(OWN), model(TWIN))
    assert [(one.both, one.only_a, one.only_b) for one in same] == [(2, [], []), (1, [], [])]


@pytest.mark.full
def test_a_stretch_and_cameras_can_be_named(here: Site) -> None:
    (one,) = compare(here, model(OWN), model(BLIND), ["hall"], START_MS + 300_000)
    assert (one.segments, len(one.only_a)) == (1, 1)
    assert compare(here, model(OWN), model(BLIND), ["gate"]) == []
    with pytest.raises(BadName, match="same model"):
        compare(here, model(OWN), model(OWN))


def test_the_command_prints_json_and_writes_a_page_with_pictures(
    here: Site, tmp_path: Path
) -> None:
    gone = read.segments(here, "yard").row(0, named=True)["key"]
    (here.home.store / FOOTAGE / gone).unlink()
    page = tmp_path / "compared.html"
    words = ["compare", "dddddddd", "blind", "--html", str(page), "--json"]
    done = CliRunner().invoke(models, words, catch_exceptions=False)
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(row["camera"], row["a"], row["b"], row["both"]) for row in rows] == [
        ("hall", "fastestdet", "blind", 0),
        ("yard", "fastestdet", "blind", 0),
    ]
    assert [one["label"] for one in rows[0]["only_a"]] == ["person", "person"]
    text = page.read_text()
    found = re.findall(r"data:image/jpeg;base64,([^\"]+)", text)
    assert len(found) == 2
    assert all(base64.b64decode(one).startswith(b"\xff\xd8") for one in found)
    assert text.count("no footage") == 1
    assert not re.search(r"https?://", text)
    said = CliRunner().invoke(models, ["compare", "blind", "twin"], catch_exceptions=False)
    assert said.stdout.splitlines()[0].endswith("0 events both, 0 only blind, 2 only twin")


def test_a_crop_is_the_box_with_a_margin_and_no_wider_than_told() -> None:
    whole = crop(clip(90, height=96), 500, Box(0, 0, 1, 1), 80)
    part = crop(clip(90, height=96), 500, Box(0.4, 0.4, 0.2, 0.2), 1_000)
    assert _size(whole) == (80, 48)
    assert _size(part) == (58, 35)


def _size(jpeg: bytes) -> tuple[int, int]:
    import cv2

    picture = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    return picture.shape[1], picture.shape[0]
