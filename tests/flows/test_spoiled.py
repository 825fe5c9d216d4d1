"""A journal batch that cannot be folded stands in nobody's way, and nothing of it is lost."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from edge.errors import BadName, Damaged
from edge.segment import Segment
from flows.audit import audit
from flows.catalogue import journal, read
from flows.catalogue.fold import fold
from flows.catalogue.journal import Kind
from flows.site import Site
from flows.stages import holds, retain
from flows.stages.compact import compact
from flows.stages.drain import drain
from flows.stages.rebuild import rebuild
from flows.stages.replay import replay
from flows.store import LIVECAM
from tests.flows.snapshot import facts_of
from tests.flows.stage_site import START_MS, minio_in_full, seal_some
from tests.flows.test_upkeep import later


def unfolded(site: Site, segments: list[Segment]) -> str:
    """A batch of facts as another site's fold would make them, not folded yet."""
    told = [
        {"segment": one.model_dump(mode="json"), "version_id": "", "received_ms": 1}
        for one in segments
    ]
    return journal.write(site.store, Kind.SEGMENTS, told, site.clock.utc_ms())


def overwrite(site: Site, key: str, data: bytes) -> bytes:
    """Other bytes under a key; answers those that were there."""
    had = site.store.read(LIVECAM, key)
    site.store.delete(LIVECAM, [(key, "")])
    site.store.create(LIVECAM, key, data)
    return had


def aside(site: Site) -> list[tuple[str, str]]:
    return [(row["stage"], row["key"]) for row in read.set_aside(site).to_dicts()]


@minio_in_full
def test_a_corrupt_batch_is_set_aside_and_the_rest_is_folded(site: Site) -> None:
    one, two, three = seal_some(site)
    bad = unfolded(site, [one])
    torn = overwrite(site, bad, b"torn")
    good = unfolded(site, [two, three])

    done = fold(site)

    assert done.batches == 2  # the good one, and what tells of the bad one
    assert read.segments(site)["id"].to_list() == [two.id, three.id]
    assert aside(site) == [("fold", bad)]
    assert "digest" in read.set_aside(site)["reason"][0]
    assert site.store.read(LIVECAM, bad) == b"torn"
    assert fold(site).batches == 0
    assert good in journal.keys(site.store, Kind.SEGMENTS, journal.day_of(good))

    assert [row["key"] for row in replay(site, [bad])] == [bad]
    assert aside(site) == [("fold", bad)]  # still torn
    overwrite(site, bad, torn)
    replay(site, None)
    assert aside(site) == []
    assert read.segments(site)["id"].to_list() == [one.id, two.id, three.id]
    with pytest.raises(BadName):
        replay(site, [bad])


def rubbish(site: Site, kind: Kind, facts: list[dict[str, object]]) -> str:
    return journal.write(site.store, kind, facts, site.clock.utc_ms())


RUBBISH: dict[str, Callable[[Site], str]] = {
    "no fact": lambda s: rubbish(s, Kind.GAPS, [[1]]),  # type: ignore[list-item]
    "another version's gap": lambda s: rubbish(s, Kind.GAPS, [{"camera": "hall", "from": 1}]),
    "another version's result": lambda s: rubbish(s, Kind.RESULTS, [{"segment_id": "x"}]),
    "a result of nothing": lambda s: rubbish(s, Kind.FAILURES, [{"stage": "analyse"}]),
    "an expiry of nothing": lambda s: rubbish(s, Kind.EXPIRIES, [{"id": "../x"}]),
    "a number that no table holds": lambda s: rubbish(
        s, Kind.HOLDS, [{"id": "a", "camera": "hall", "start_ms": 10**18, "end_ms": 1}]
    ),
    "somebody's notes": lambda s: put(s, "journal/gaps/2026-11-01/notes.txt"),
    "a folder too deep": lambda s: put(s, "journal/gaps/2026-11-01/a/b.jsonl"),
}


def put(site: Site, key: str) -> str:
    site.store.create(LIVECAM, key, b"hello")
    return key


@pytest.mark.parametrize("kind", RUBBISH)
def test_whatever_makes_no_rows_stops_no_fold(kind: str, folder: Site) -> None:
    sealed = seal_some(folder)
    bad = RUBBISH[kind](folder)
    unfolded(folder, sealed)
    fold(folder, everything=True)
    assert read.segments(folder).height == len(sealed)
    assert aside(folder) == [("fold", bad)]


def test_a_rebuild_and_a_drain_go_on_beside_it(folder: Site) -> None:
    sealed = seal_some(folder)
    drain(folder)
    bad = rubbish(folder, Kind.GAPS, [{"camera": "hall"}])
    fold(folder)
    before = facts_of(folder)
    before.pop("set_aside")
    for _ in range(2):
        rebuild(folder)
        after = facts_of(folder)
        assert after.pop("set_aside")
        assert after == before
    assert aside(folder) == [("fold", bad)]
    assert read.segments(folder).height == len(sealed)


def test_an_error_that_is_no_batch_s_is_raised(
    folder: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    unfolded(folder, seal_some(folder))

    def fails(*_: object) -> None:
        raise ValueError("the disk's")

    with monkeypatch.context() as patch:
        patch.setattr("flows.catalogue.delta.execute", fails)
        with pytest.raises(ValueError, match="the disk's"):
            fold(folder)
    fold(folder)
    assert read.segments(folder).height == 3


def test_while_holds_cannot_be_read_nothing_is_deleted(folder: Site) -> None:
    """D1"""
    seal_some(folder)
    drain(folder)
    fact = {"id": "h", "camera": "hall", "start_ms": START_MS, "end_ms": START_MS + 1}
    bad = rubbish(folder, Kind.HOLDS, [{**fact, "placed_ms": 1}])
    held = overwrite(folder, bad, b"torn")
    fold(folder)
    for attempt in (retain.preview, retain.retain, holds.holds):
        with pytest.raises(Damaged, match="holds are set aside"):
            attempt(folder)
    found = {law.number: law.finding for law in audit(folder, quick=True) if law.finding}
    assert found["D1"].keys == (bad,)
    overwrite(folder, bad, held)
    replay(folder, None)
    assert [hold.id for hold in holds.holds(folder)] == ["h"]


def test_a_batch_that_rots_once_folded_is_named_by_the_audit(folder: Site) -> None:
    sealed = seal_some(folder)
    drain(folder)
    [key] = journal.keys(folder.store, Kind.SEGMENTS, journal.days(folder.store, Kind.SEGMENTS)[0])
    overwrite(folder, key, b"torn")
    compact(later(folder, 3))
    found = {law.number: law.finding for law in audit(folder) if law.finding}
    assert key in found["C4"].keys
    assert folder.store.read(LIVECAM, key) == b"torn"
    assert read.segments(folder).height == len(sealed)
