"""Several models over the same footage: whose findings are shown; pointing computes nothing."""

from __future__ import annotations

import polars as pl
import pytest

from edge.errors import BadName
from flows.audit.evidence import gather
from flows.audit.tables import c4
from flows.catalogue import delta, facts, fold, journal, read
from flows.catalogue.journal import Fact, Kind
from flows.catalogue.preferred import Model
from flows.catalogue.schema import EVENTS, LATER, Table
from flows.site import Site
from flows.stages.promotions import demote, find_model, promote
from flows.stages.rebuild import rebuild
from tests.flows import story
from tests.flows.snapshot import facts_of
from tests.flows.story import COMES, LENGTH_MS, NOW_MS

OWN, OTHER = Model("fastestdet", "m" * 64), Model("other", "b" * 64)
LATE_MS = 3_000


def result(number: int, model: Model, shift_ms: int = 0, camera: str = "camera0") -> Fact:
    """What a model found in one segment of the story; `shift_ms`: it sees him so much later."""
    fact = story.result(story.segment(camera, number), number, model=model.digest[0])
    seen = [one for one in fact["seen"] if _second(number, one) >= COMES + shift_ms / 1_000]
    return {**fact, "analyser": model.name, "seen": seen}


def _second(number: int, one: Fact) -> float:
    return float(number * LENGTH_MS + one["at_ms"]) / 1_000


def tell(site: Site, kind: Kind, told: list[Fact]) -> None:
    journal.write(site.store, kind, told, NOW_MS)
    fold.fold(site, everything=True)


@pytest.fixture
def two(folder: Site) -> Site:
    """The story as both saw it; the other has not looked at what nobody was in any more."""
    every = [story.segment("camera0", n) for n in range(9)]
    tell(folder, Kind.SEGMENTS, [facts.stored(s, version_id="", received_ms=1) for s in every])
    tell(folder, Kind.RESULTS, [result(n, OWN) for n in range(9)])
    tell(folder, Kind.RESULTS, [result(n, OTHER, LATE_MS) for n in range(6)])
    return folder


def models(events: pl.DataFrame) -> list[str]:
    return events["analyser"].to_list()


def test_each_model_s_events_stand_beside_the_other_s(two: Site) -> None:
    both = read.rows(two, EVENTS).sort("model_digest")
    assert models(both) == ["other", "fastestdet"]
    assert both["other_models"].to_list() == [["fastestdet/" + "m" * 16], ["other/" + "b" * 16]]
    assert all(digest[:16] in one for one, digest in both["id", "model_digest"].iter_rows())
    assert models(read.events(two)) == ["fastestdet"]
    assert set(read.detections(two)["analyser"]) == {"fastestdet"}


def test_promoting_and_demoting_changes_what_is_shown_and_no_finding(two: Site) -> None:
    held, shown = facts_of(two), read.events(two)
    promote(two, OTHER)
    assert models(read.events(two)) == ["other"]
    segments = {
        name: read.detections(two).filter(analyser=name)["segment_id"].n_unique()
        for name in ("other", "fastestdet")
    }
    assert segments == {"other": 5, "fastestdet": 0}
    assert set(read.motion(two)["analyser"]) == {"other"}
    demote(two, OTHER)
    assert read.events(two).equals(shown)
    demote(two, OWN)
    assert read.events(two).is_empty()
    promote(two, OWN)
    assert read.events(two).equals(shown)
    assert {**facts_of(two), "promotions": []} == {**held, "promotions": []}


def test_where_the_promoted_model_has_not_looked_the_next_answers(two: Site) -> None:
    every = [story.segment("camera1", n) for n in range(9)]
    tell(two, Kind.SEGMENTS, [facts.stored(s, version_id="", received_ms=1) for s in every])
    tell(two, Kind.RESULTS, [result(n, OWN, camera="camera1") for n in range(9)])
    promote(two, OTHER)
    assert models(read.events(two, "camera1")) == ["fastestdet"]
    assert models(read.events(two, "camera0")) == ["other"]


def test_a_camera_may_have_a_model_of_its_own(two: Site) -> None:
    promote(two, OTHER, ["elsewhere"])
    assert models(read.events(two)) == ["fastestdet"]
    promote(two, OTHER, ["elsewhere", "camera0"])
    assert models(read.events(two)) == ["other"]
    demote(two, OTHER)
    assert models(read.events(two)) == ["fastestdet"]


def test_a_rebuild_tells_the_same_and_knows_who_was_promoted(two: Site) -> None:
    promote(two, OTHER)
    held, shown = facts_of(two), read.events(two)
    assert c4(gather(two)).keys == ()
    rebuild(two)
    assert facts_of(two) == held
    assert read.events(two).equals(shown)


def test_a_model_is_named_by_its_name_or_its_digest(two: Site) -> None:
    assert find_model(two, "other") == OTHER
    assert find_model(two, "bbbbbb") == OTHER
    assert find_model(two, "new", [Model("new", "c" * 64)]).digest == "c" * 64
    with pytest.raises(BadName, match=r"no model 'nobody'.*fastestdet, other"):
        find_model(two, "nobody")
    with pytest.raises(BadName, match=r"several models.*b{16}, d{16}"):
        find_model(two, "other", [Model("other", "d" * 64)])


def test_events_of_before_are_shown_and_give_way_to_new_ones(two: Site) -> None:
    event = read.events(two).row(0, named=True)
    columns = {n: t for n, t in EVENTS.schema.items() if n not in LATER["events"]}
    older = Table("events", pl.Schema(columns))
    log = delta.find(two.store, EVENTS)
    assert log is not None
    start_ms = event["start_utc"].timestamp() * 1_000
    old = {**event, "id": f"camera0_person_{start_ms:.0f}", "day": f"{event['start_utc']:%Y-%m-%d}"}
    log.delete()
    row = {name: old[name] for name in columns}
    delta.insert(delta.open_table(two.store, older), older, delta.frame(older, [row]))

    assert read.events(two)["id"].to_list() == [old["id"]]
    assert c4(gather(two)).keys == ()
    tell(two, Kind.RESULTS, [{**result(2, OWN), "config_digest": "e" * 64}])
    assert old["id"] not in read.rows(two, EVENTS)["id"].to_list()
    assert models(read.events(two)) == ["fastestdet"]
    assert read.rows(two, EVENTS).height == 2
