"""Analysis: what fails is tried three times and set aside, and nothing is analysed twice."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from edge.segment import Segment
from flows.catalogue import read
from flows.catalogue.derived import sprites_key
from flows.catalogue.schema import ANALYSES, DETECTIONS
from flows.media.sprites import Sheet
from flows.settings import parse
from flows.site import Site
from flows.stages.analyse import Analysed, analyse, config_digest, portions
from flows.stages.drain import drain
from flows.stages.ingest import ingest
from flows.stages.replay import replay
from flows.stages.upload import spool_of, upload
from flows.store import FOOTAGE, LIVECAM, ObjectInfo
from flows.vision.detector import Box, Detection
from tests.flows.stage_site import START_MS, seal, seal_some


class OnePerson:
    """Finds the same person in every picture; chokes on one shade while it is told to."""

    name, digest = "fastestdet", "d" * 64

    def __init__(self, chokes_on: int | None = None) -> None:
        self.chokes_on = chokes_on

    def detect(self, picture: NDArray[np.uint8]) -> list[Detection]:
        if self.chokes_on is not None and abs(int(picture[5, 5, 0]) - self.chokes_on) <= 8:
            raise RuntimeError("choked")
        return [Detection("person", 0.9, Box(0.1, 0.2, 0.3, 0.4))]


def stored(site: Site, count: int = 3) -> list[Segment]:
    sealed = seal_some(site, count=count)
    upload(site, spool_of(site))
    ingest(site)
    return sealed


def test_what_is_still_is_not_even_fetched(folder: Site) -> None:
    moves, rests = (
        seal(folder, "hall", START_MS + 2_000 * n, shade=60 + 20 * n, activity=told)
        for n, told in enumerate(("0a", "03"))
    )
    upload(folder, spool_of(folder))
    ingest(folder)
    spoil(folder, rests)  # whoever fetched it would see
    done = analyse(folder, "run-1", detector=OnePerson())
    assert (done.segments, done.failed) == (2, 0)
    rows = {row["segment_id"]: row for row in read.analyses(folder).iter_rows(named=True)}
    assert rows[moves.id]["decoded_frames"] > 0
    assert rows[rests.id]["decoded_frames"] == 0
    assert rows[rests.id]["thumbnail_key"] is None
    assert set(read.detections(folder)["segment_id"]) == {moves.id}


def spoil(site: Site, segment: Segment) -> bytes:
    """Flip a byte of a stored object behind the store's back."""
    path = site.home.store / FOOTAGE / segment.key
    data = path.read_bytes()
    path.chmod(0o644)
    path.write_bytes(data[:-5] + bytes([data[-5] ^ 1]) + data[-4:])
    return data


def test_findings_name_their_lineage(folder: Site) -> None:
    stored(folder)
    assert analyse(folder, "run-1", detector=OnePerson()).segments == 3
    rows = read.detections(folder)
    assert not rows.is_empty()
    assert set(rows["flow_run_id"]) == {"run-1"}
    assert set(rows["model_digest"]) == {"d" * 64}
    assert set(rows["config_digest"]) == {config_digest(folder.settings.detect)}


def test_one_decoding_makes_sprites_too_and_another_model_makes_none(folder: Site) -> None:
    sealed = stored(folder)
    analyse(folder, "run-1", detector=OnePerson())
    sheets = {one.key: folder.store.read(LIVECAM, one.key) for one in sprites_of(folder)}
    assert list(sheets) == [sprites_key(one.id, 0) for one in sealed]
    assert all(Sheet.of(data) for data in sheets.values())
    for key in sheets:
        folder.store.delete(LIVECAM, [(key, "")])
        folder.store.create(LIVECAM, key, b"made before")
    other = OnePerson()
    other.digest = "e" * 64
    assert analyse(folder, "run-2", detector=other).segments == 3
    assert {folder.store.read(LIVECAM, key) for key in sheets} == {b"made before"}


def sprites_of(site: Site) -> list[ObjectInfo]:
    return list(site.store.list(LIVECAM, "sprites/"))


def test_no_picture_is_left_where_the_footage_went_meanwhile(folder: Site) -> None:
    sealed = stored(folder, count=1)

    class Slow(OnePerson):
        def detect(self, picture: NDArray[np.uint8]) -> list[Detection]:
            folder.store.delete(FOOTAGE, [(sealed[0].key, "")])
            return super().detect(picture)

    assert analyse(folder, "run-1", detector=Slow()).failed == 1
    assert sprites_of(folder) == []
    assert list(folder.store.list(LIVECAM, "thumbnails/")) == []


def test_what_stands_in_a_mask_is_not_seen_and_zones_stand_in_the_analysis(folder: Site) -> None:
    stored(folder)
    lower = [[0, 0.5], [1, 0.5], [1, 1], [0, 1]]
    for detect, seen in ({"masks": [lower]}, False), ({"zones": {"drive": lower}}, True):
        settings = parse({"cameras": {"hall": {"source": "scene:", "detect": detect}}})
        analyse(replace(folder, settings=settings), "run-1", detector=OnePerson())
        config = pl.col("config_digest") == config_digest(settings.detect_for("hall"))
        rows = read.rows(folder, ANALYSES).filter(config)
        assert set(rows["zones"]) == {settings.detect_for("hall").places.to_json()}
        assert rows.height == 3
        assert read.rows(folder, DETECTIONS).filter(config).is_empty() != seen


def test_nothing_is_analysed_twice_but_by_another_model(folder: Site) -> None:
    stored(folder)
    analyse(folder, "run-1", detector=OnePerson())
    before = read.detections(folder).rows()
    assert analyse(folder, "run-2", detector=OnePerson()).segments == 0
    assert read.detections(folder).rows() == before
    other = OnePerson()
    other.digest = "e" * 64
    assert analyse(folder, "run-3", detector=other).segments == 3


def test_damaged_footage_is_tried_three_times_then_set_aside_and_put_back(folder: Site) -> None:
    sealed = stored(folder)
    whole = spoil(folder, sealed[1])
    detector = OnePerson()

    runs = [analyse(folder, f"run-{n}", detector=detector) for n in range(4)]

    assert [(r.segments, r.failed, len(r.set_aside)) for r in runs] == [
        (2, 1, 0),
        (0, 1, 0),
        (0, 1, 1),
        (0, 0, 0),
    ]
    row = read.set_aside(folder).row(0, named=True)
    assert (row["id"], row["attempts"]) == (f"analyse/{sealed[1].id}", 3)
    assert "SHA-256" in row["reason"]
    assert read.segments(folder)["id"].to_list() == [sealed[0].id, sealed[2].id]
    assert set(read.segments(folder, all=True)["status"]) == {"stored", "set_aside"}

    (folder.home.store / FOOTAGE / sealed[1].key).write_bytes(whole)
    replay(folder, None)
    assert read.segments(folder).height == 3
    assert analyse(folder, "run-5", detector=detector).segments == 1
    assert read.set_aside(folder).is_empty()


def test_whatever_a_segment_provokes_the_queue_goes_on(folder: Site) -> None:
    stored(folder)
    done = analyse(folder, "run", detector=OnePerson(chokes_on=80))
    assert (done.segments, done.failed) == (2, 1)
    assert "choked" in read.set_aside(folder, state="failing")["reason"][0]


def test_what_came_since_is_all_that_is_looked_at(folder: Site) -> None:
    stored(folder, count=2)
    assert analyse(folder, "run", detector=OnePerson()).segments == 2
    stored(folder, count=4)
    assert analyse(folder, "run", detector=OnePerson()).segments == 2


def test_what_kills_the_process_costs_the_segment_a_try(folder: Site) -> None:
    sealed = stored(folder)
    mark = folder.home.run / "analysing"
    mark.parent.mkdir(parents=True, exist_ok=True)
    for _ in range(3):
        mark.write_text(sealed[0].id)
        done: Analysed = analyse(folder, "run", detector=OnePerson(), go_on=lambda: False)
    assert done.set_aside == [sealed[0].id]
    assert analyse(folder, "run", detector=OnePerson()).segments == 2


def test_a_drain_ends_with_a_poisoned_segment_set_aside(folder: Site) -> None:
    sealed = stored(folder)
    spoil(folder, sealed[0])
    done = drain(folder)
    assert (done.analysed, done.set_aside) == (2, [sealed[0].id])


def test_a_commit_s_worth_is_counted_by_what_is_looked_at() -> None:
    rests, moves = ({"still": still, "wall_ms": 30_000} for still in (True, False))
    sizes = [len(one) for one in portions([rests, moves, rests] * 200)]
    assert sizes[:3] == [7, 24, 96]
    assert max(sizes) == 3 * 64
    assert sum(sizes) == 600
    assert [len(one) for one in portions([rests] * 1_001)] == [1_000, 1]
    long = {"still": None, "wall_ms": 900_000}
    assert {len(one) for one in portions([long] * 6)} == {2}
