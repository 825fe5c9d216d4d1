"""Uploads at a rate: tokens as they come, receipts meanwhile, a limit that is lifted."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from edge.errors import BadSettings
from edge.spool import Spool
from flows.catalogue import read
from flows.settings import parse
from flows.site import Site
from flows.stages import upload as stage
from flows.stages.drain import drain
from flows.stages.throttle import Throttle, following
from flows.stages.upload import upload
from flows.store import FOOTAGE
from infra.waiting import wait_until
from tests.flows.stage_site import folder_site, minio_in_full, seal_some


class Hand:
    """A clock's hand that the test moves."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def test_blocks_go_as_tokens_come() -> None:
    hand = Hand()
    throttle = Throttle(lambda: 1_000, hand)
    assert throttle.ask(500) == pytest.approx(0.5)
    hand.seconds = 0.5
    assert throttle.ask(500) == 0
    assert throttle.ask(3_000) == pytest.approx(3.0)  # more than a second's worth
    hand.seconds = 3.5
    assert throttle.ask(3_000) == 0
    hand.seconds = 100  # nothing was sent meanwhile: one second's worth may go at once
    assert throttle.ask(1_000) == 0
    assert throttle.ask(1_000) == pytest.approx(1.0)


def test_a_rate_that_changes_counts_at_the_next_look() -> None:
    hand, rates = Hand(), [1_000, 10_000, None]
    throttle = Throttle(lambda: rates.pop(0), hand)
    assert throttle.ask(10_000) == pytest.approx(10.0)
    hand.seconds = 1.0
    assert 0 < throttle.ask(20_000) <= 1.0
    hand.seconds = 2.0
    assert throttle.ask(10**9) == 0


@minio_in_full
def test_a_limit_holds_every_byte_back_and_loses_none(site: Site) -> None:
    sealed = seal_some(site)
    allowed: list[int] = []
    one = sealed[0]
    path = Spool(site.home.spool, "local", site.clock).sealed()[0].path
    site.store.create(FOOTAGE, one.key, path, sha256=one.sha256, pace=allowed.append)
    assert sum(allowed) == one.size_bytes
    assert max(allowed) <= 1 << 14
    assert drain(site, rate=lambda: 10_000_000).uploaded == 3
    assert read.segments(site)["sha256"].to_list() == [each.sha256 for each in sealed]


def test_what_was_stored_is_receipted_before_the_rest_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = folder_site(tmp_path)
    seal_some(site)
    monkeypatch.setattr(stage, "RECEIPT_SECONDS", 0.0)
    assert len(upload(site, Spool(site.home.spool, "local", site.clock)).receipts) >= 3


def test_an_upload_whose_time_is_over_leaves_the_rest_for_the_next(tmp_path: Path) -> None:
    site = folder_site(tmp_path)
    seal_some(site)
    spool = Spool(site.home.spool, "local", site.clock)
    assert upload(site, spool, seconds=0).segments == 0
    assert len(spool.sealed()) == 3
    assert upload(site, spool, seconds=60).segments == 3


def test_a_limit_is_lifted_in_the_file_while_it_holds(tmp_path: Path) -> None:
    file = tmp_path / "livecam.yaml"
    file.write_text("upload: {rate: 10kB/s}\n")
    site = folder_site(tmp_path / "home", {"upload": {"rate": "10kB/s"}})
    spool = Spool(site.home.spool, "local", site.clock)
    waiting = sum(one.size_bytes for one in seal_some(site, count=9))
    assert waiting > 10_000  # more than goes in its first second
    allowed = list[int]()
    rate = following(site, file)

    def told() -> int | None:
        now = rate()
        allowed.append(now or 0)
        return now

    sender = threading.Thread(target=upload, args=(site, spool), kwargs={"rate": told})
    sender.start()
    wait_until(lambda: len(allowed) >= 2, what="the limit to hold")
    file.write_text("upload: {}\n")
    sender.join(60)
    assert not sender.is_alive()
    assert not spool.sealed()
    assert (allowed[0], allowed[-1]) == (10_000, 0)


@pytest.mark.parametrize("rate", ["5", "2 MBit", "1kB/s", 500, True])
def test_a_rate_that_cannot_be_meant_is_refused(rate: object) -> None:
    with pytest.raises(BadSettings, match=r"upload\.rate"):
        parse({"upload": {"rate": rate}})


def test_rates_are_bytes_a_second() -> None:
    assert parse({"upload": {"rate": "1.5MB/s"}}).upload.rate == 1_500_000
    assert parse({"upload": {"rate": "200kB/s"}}).upload.rate == 200_000
    assert parse({}).upload.rate is None
