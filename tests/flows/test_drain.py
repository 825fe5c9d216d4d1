"""The main path: from a spool to rows, on both stores."""

from __future__ import annotations

from edge.segment import Cause, Gap
from edge.spool import Spool
from flows.catalogue import read
from flows.site import Site
from flows.stages.drain import drain
from flows.store import FOOTAGE, LIVECAM
from tests.flows.stage_site import SECONDS, START_MS, minio_in_full, seal_some


def test_a_spool_drains_into_rows_and_empties(site: Site) -> None:
    sealed = seal_some(site)
    end = sealed[-1].end_ms
    gap = Gap(camera="hall", node="local", start_ms=end, end_ms=end + 5_000, cause=Cause.NODE_DOWN)
    spool = Spool(site.home.spool, "local", site.clock)
    spool.gap(gap)

    done = drain(site)

    assert (done.uploaded, done.ingested, done.analysed, done.set_aside) == (3, 3, 3, [])
    rows = read.segments(site, "hall")
    assert rows["id"].to_list() == [one.id for one in sealed]
    assert rows["sha256"].to_list() == [one.sha256 for one in sealed]
    assert all(rows["version_id"].to_list()) == site.store.capabilities.versions
    assert rows["ranges"].list.len().to_list() == [1, 1, 1]
    assert read.gaps(site, "hall")["cause"].to_list() == ["node_down"]
    assert spool.sealed() == []
    assert spool.gaps() == []
    assert not list(site.store.list(LIVECAM, "inbox/"))
    for key in read.analyses(site)["thumbnail_key"]:
        assert site.store.read(LIVECAM, key)[:2] == b"\xff\xd8"
    assert read.covered(site, "hall", START_MS, START_MS + 3 * SECONDS * 1_000)


@minio_in_full
def test_the_same_footage_again_adds_nothing(site: Site) -> None:
    sealed = seal_some(site)
    drain(site)
    before = _state(site)
    assert [one.id for one in seal_some(site)] == [one.id for one in sealed]

    done = drain(site)

    assert (done.uploaded, done.ingested, done.analysed, done.set_aside) == (3, 3, 0, [])
    assert _state(site) == before


def _state(site: Site) -> tuple[object, ...]:
    return (
        read.segments(site, all=True).rows(),
        read.detections(site).rows(),
        read.motion(site).rows(),
        read.events(site).rows(),
        [one.key for one in site.store.versions(FOOTAGE)],
        [one.key for one in site.store.list(LIVECAM, "thumbnails/")],
    )
