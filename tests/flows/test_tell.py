"""What a node tells of itself: how often, what the hub keeps of it, and what it refuses."""

from __future__ import annotations

import dataclasses

import pytest

from edge import receipt
from edge.health import Health
from edge.home import Home
from edge.quota import Amount, Policy, WhenFull
from edge.receipt import Report, State, Waiting
from edge.spool import Spool
from edge.spool.room import save
from flows.audit import audit
from flows.catalogue import read
from flows.settings import parse
from flows.site import Site
from flows.stages.ingest import ingest
from flows.stages.nodes import NODES, About, keep, newest
from flows.stages.tell import BUSY_EVERY_MS
from flows.stages.upload import upload
from flows.store import LIVECAM
from tests.flows.archive import FakeClock
from tests.flows.stage_site import SECONDS, minio_in_full, seal_some

HEALTH = Health(
    load_1m=0.5,
    cpus=4,
    memory_total_bytes=8 << 30,
    memory_free_bytes=4 << 30,
    disk_total_bytes=64 << 30,
    disk_free_bytes=32 << 30,
    temperature_c=None,
)


def state(node: str = "pi1", **told: object) -> State:
    given = {"at_ms": 1, "free_bytes": 5, "quota_bytes": 9, "health": HEALTH, **told}
    return State.model_validate({"node": node, **given})


def send(site: Site, node: str, *lines: receipt.Line) -> str:
    data = receipt.to_bytes(list(lines))
    key = receipt.key_for(node, data, site.clock.utc_ms())
    site.store.create(LIVECAM, key, data)
    return key


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def pi1(site: Site, clock: FakeClock) -> Site:
    """A node's own home, at the hub's store."""
    cameras = {"gate": {"node": "pi1", "source": "scene:"}}
    settings = parse({"nodes": {"pi1": {}, "pi2": {}}, "cameras": cameras})
    home = Home(site.home.root / "pi1")
    return dataclasses.replace(site, settings=settings, home=home, clock=clock)


def spool(pi1: Site) -> Spool:
    return Spool(pi1.home.spool, "pi1", pi1.clock)


def waits(site: Site) -> list[str]:
    return [info.key for info in site.store.list(LIVECAM, receipt.INBOX)]


def kept(site: Site) -> State:
    fact = dict(newest(site, About.STATE)["pi1"])
    del fact["received_ms"]
    return State.model_validate(fact)


@minio_in_full
def test_a_node_tells_what_waits_how_fast_it_fills_and_what_it_stored(pi1: Site) -> None:
    sealed = seal_some(pi1, "gate", node="pi1")
    upload(pi1, spool(pi1), limit=2)
    ingest(pi1)

    told = kept(pi1)

    assert told.cameras == {
        "gate": Waiting(segments=1, bytes=sealed[2].size_bytes, oldest_ms=sealed[2].start_ms)
    }
    assert told.uploaded_segments == 2
    assert told.uploaded_bytes == sealed[0].size_bytes + sealed[1].size_bytes
    assert told.quota_bytes > told.bytes == sealed[2].size_bytes
    # Drawn footage of long ago is no stream of now.
    assert (told.bytes_per_s, told.runway_ms) == (0, None)


@minio_in_full
def test_the_runway_is_at_the_rate_at_which_the_node_records(pi1: Site, clock: FakeClock) -> None:
    sealed = seal_some(pi1, "gate", node="pi1")
    clock.now_ms = sealed[-1].end_ms
    upload(pi1, spool(pi1), limit=2)
    ingest(pi1)
    told = kept(pi1)
    assert told.bytes_per_s == pytest.approx(sealed[2].size_bytes / SECONDS)
    room = told.quota_bytes - told.bytes
    assert told.runway_ms == pytest.approx(room / told.bytes_per_s * 1_000, abs=1)


@minio_in_full
def test_a_share_ends_before_the_spool_does(pi1: Site, clock: FakeClock) -> None:
    sealed = seal_some(pi1, "gate", node="pi1")
    clock.now_ms = sealed[-1].end_ms
    share = sealed[2].size_bytes * 3
    policy = Policy(when_full=WhenFull.STOP, shares={"gate": Amount(size_bytes=share)})
    save(pi1.home.spool, policy)
    upload(pi1, spool(pi1), limit=2)
    ingest(pi1)
    told = kept(pi1)
    assert told.when_full is WhenFull.STOP
    assert not told.in_vain
    assert told.cameras["gate"].share_bytes == share
    # Two segments more fit, and each lasts SECONDS.
    assert told.runway_ms_of("gate") == pytest.approx(2 * SECONDS * 1_000, abs=1)
    assert told.runway_ms_of("yard") is None
    upload(pi1, spool(pi1))
    clock.now_ms += 60_000
    upload(pi1, spool(pi1), idle=True)
    ingest(pi1)
    assert kept(pi1).runway_ms_of("gate") == pytest.approx(3 * SECONDS * 1_000, abs=1)


def test_a_worker_tells_each_minute_and_a_backlog_now_and_then(pi1: Site, clock: FakeClock) -> None:
    assert upload(pi1, spool(pi1)).receipts == []  # a drain on a machine that is no node
    assert len(upload(pi1, spool(pi1), idle=True).receipts) == 1
    clock.now_ms += 30_000
    assert upload(pi1, spool(pi1), idle=True).receipts == []
    seal_some(pi1, "gate", node="pi1")
    receipts = [len(upload(pi1, spool(pi1), limit=1, idle=True).receipts) for _ in range(3)]
    assert receipts == [2, 1, 1]  # its own, and at first what the node tells
    clock.now_ms += 30_000
    upload(pi1, spool(pi1), idle=True)
    ingest(pi1)
    told = kept(pi1)
    assert (told.segments, told.uploaded_segments, told.over_ms) == (0, 2, 30_000)


@minio_in_full
def test_after_an_outage_what_was_uploaded_counts_from_the_run_s_begin(
    pi1: Site, clock: FakeClock
) -> None:
    upload(pi1, spool(pi1), idle=True)
    clock.now_ms += 3 * 3_600_000
    seal_some(pi1, "gate", node="pi1")
    upload(pi1, spool(pi1), idle=True)
    ingest(pi1)
    assert kept(pi1).over_ms == BUSY_EVERY_MS


def test_of_what_a_node_told_only_the_newest_is_kept(pi1: Site, clock: FakeClock) -> None:
    for at_ms in (10**12, 5, 7):  # its clock ran ahead once: what counts is the arrival
        send(pi1, "pi1", state(at_ms=at_ms))
        send(pi1, "pi2", state("pi2", at_ms=at_ms))
        ingest(pi1)
        clock.now_ms += 60_000
    found = newest(pi1, About.STATE)
    assert {node: fact["at_ms"] for node, fact in found.items()} == {"pi1": 7, "pi2": 7}
    assert len(list(pi1.store.list(LIVECAM, NODES))) == 2
    assert waits(pi1) == []
    keep(pi1, "pi1", About.STATE, {**found["pi1"], "at_ms": 1, "received_ms": 1})
    assert newest(pi1, About.STATE) == found


@pytest.mark.parametrize(
    "told",
    [
        state("pi2"),
        state(cameras={"../x": Waiting()}),
        state(at_ms=10**15),
        state(cameras={"gate": Waiting(oldest_ms=10**18)}),
        state(health=HEALTH.model_copy(update={"load_1m": 10.0**300})),
    ],
)
def test_what_no_page_could_show_is_set_aside(pi1: Site, told: State) -> None:
    key = send(pi1, "pi1", told)
    assert ingest(pi1).set_aside == [key]
    assert newest(pi1, About.STATE) == {}
    assert read.set_aside(pi1).height == 1


def test_the_audit_reads_the_newest_report_of_a_node(pi1: Site, clock: FakeClock) -> None:
    broken = receipt.LawCheck(checked=3, broken=1, keys=("videos/gate/one",))
    for check in (broken, receipt.LawCheck(checked=4, broken=0), broken):
        send(pi1, "pi1", Report(node="pi1", at_ms=clock.now_ms, laws={"E1": check}))
        ingest(pi1)
        clock.now_ms += 60_000
    laws = {law.number: law.finding for law in audit(pi1, quick=True)}
    assert laws["E1"] is not None
    assert (laws["E1"].checked, laws["E1"].keys) == (3, ("videos/gate/one",))
