"""Playback for longer than any signed address lives, from a store that loses and comes back."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
from minio import Minio as Client

from edge.home import Home
from edge.segment import Segment
from flows.settings import FlowSettings, StoreSettings
from flows.site import open_site
from flows.store import FOOTAGE
from flows.store.access import Key, SiteKeys, write_keys
from infra.minio import Owner
from infra.waiting import wait_until
from tests.dashboards import footage
from tests.e2e.screen import marks, opened, record, served, shown_from
from tests.e2e.test_playback import T0, paused
from tests.servers.minio_server import Minio

if TYPE_CHECKING:
    from playwright.sync_api import Browser

LENGTH_S = 10
SEGMENTS = 13
LOST = 3
LIVES_S = 60
# No picture is further from the next: a range that is loaded takes its time on a busy machine.
STEP_MS = 2_000


@pytest.fixture
def long(own_minio: Minio, tmp_path: Path) -> Iterator[str]:
    """Pages over two minutes of `gate` on a MinIO; one segment of it was deleted there."""
    key = Key(own_minio.access_key, own_minio.secret_key)
    Owner(own_minio.endpoint, "us-east-1", key, own=True).make_buckets()
    home = Home(tmp_path / "home")
    write_keys(home, SiteKeys(own_minio.endpoint, key, key))
    site = open_site(FlowSettings(store=StoreSettings(kind="s3")), home)
    for number in range(SEGMENTS):
        made = footage.store(site, "gate", T0 + number * LENGTH_S * 1_000, LENGTH_S)
        if number == LOST:
            delete(own_minio, made)
    config = tmp_path / "livecam.yaml"
    config.write_text("store: {kind: s3}\n")
    environment = {"LIVECAM_HOME": str(home.root), "LIVECAM_CONFIG": str(config)}
    with served(tmp_path, environment) as address:
        yield address


def delete(minio: Minio, made: Segment) -> None:
    """Take an object away with all its versions, past everything that would tell of it."""
    at = f"127.0.0.1:{minio.port}"
    client = Client(at, access_key=minio.access_key, secret_key=minio.secret_key, secure=False)
    for one in client.list_objects(FOOTAGE, made.key, include_version=True):
        client.remove_object(FOOTAGE, made.key, version_id=one.version_id)


# A machine that shows two seconds of footage in one, whatever it is asked for.
SLOW = """
  const face = HTMLMediaElement.prototype;
  const rate = Object.getOwnPropertyDescriptor(face, "playbackRate");
  const set = function (value) { rate.set.call(this, Math.min(value, 2)); };
  Object.defineProperty(face, "playbackRate", { ...rate, set });
"""


@pytest.mark.full
def test_what_cannot_be_decoded_so_fast_is_shown_in_jumps(tmp_path: Path, browser: Browser) -> None:
    site = open_site(FlowSettings(), Home(tmp_path / "home"))
    for number in range(8):
        footage.store(site, "gate", T0 + number * 30_000, 30)
    environment = {"LIVECAM_HOME": str(site.home.root)}
    with served(tmp_path, environment) as address, opened(browser, address) as page:
        page.add_init_script(SLOW)
        page.goto(f"{address}/playback?camera=gate&at=2026-11-01T10:00:00Z")
        page.wait_for_selector(".deck video")
        record(page)
        shown_from(page, T0 + 500)
        page.get_by_label("Speed").select_option("16")
        page.get_by_text("16×, in jumps").wait_for()
        shown_from(page, T0 + 220_000)
        steps = [b.utc_ms - a.utc_ms for a, b in itertools.pairwise(marks(page))]
        assert sum(step > 1_000 for step in steps) > 10
        page.get_by_text("Nothing is stored after this moment").wait_for()


@pytest.mark.full
@pytest.mark.timeout(600)
def test_it_plays_on_when_addresses_end_an_object_is_gone_and_the_store_comes_back(
    long: str, own_minio: Minio, browser: Browser
) -> None:
    signed: list[str] = []
    with opened(browser, long) as page:
        page.on(
            "response", lambda r: signed.append(r.headers["location"]) if r.status == 302 else None
        )
        began = time.monotonic()
        page.goto(f"{long}/playback?camera=gate&at=2026-11-01T10:00:00Z")
        page.wait_for_selector(".deck video")
        record(page)
        page.locator(".pass").filter(has_text="is gone from the store").wait_for()
        shown_from(page, T0 + 95_000)
        assert time.monotonic() - began > LIVES_S + 20
        # What was signed first is worth nothing by now; nothing that plays leans on it.
        assert httpx.get(signed[0], trust_env=False).status_code == 403

        found = [mark.utc_ms for mark in marks(page)]
        lost = LENGTH_S * 1_000
        steps = [after - before for before, after in itertools.pairwise(found)]
        assert all(0 <= step < STEP_MS or lost <= step < lost + STEP_MS for step in steps)

        paused(page)
        own_minio.stop()
        page.get_by_label("Go to a date and time").fill("2026-11-01T11:00:05")
        page.locator(".note").filter(has_text="Trying again").wait_for()
        own_minio.start()
        wait_until(
            lambda: abs(marks(page)[-1].utc_ms - (T0 + 5_000)) <= 1_000,
            seconds=120,
            what="the picture, once the store is back",
        )
        page.locator(".note").wait_for(state="hidden")
