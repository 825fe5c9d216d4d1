"""Playback as a visitor has it: in Chromium, from both stores, read off the picture."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from edge.clock import from_iso
from edge.home import Home
from edge.segment import Cause, Gap
from flows.settings import FlowSettings, StoreSettings
from flows.site import Site, open_site
from flows.store.access import Key, SiteKeys, write_keys
from infra.minio import Owner
from infra.waiting import wait_until
from tests.dashboards import footage
from tests.e2e.screen import Shown, at_ms, marks, opened, record, served, shown_from
from tests.servers.minio_server import Minio

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Route

T0 = from_iso("2026-11-01T10:00:00Z")
LENGTH_S = 6
# Two segments, half a minute without footage, two more: one with B-frames, one with sound.
STARTS_MS = (0, 6_000, 42_000, 48_000)
GAP = (T0 + 12_000, T0 + 42_000)
HEVC_MS = T0 + 600_000
KEYFRAME_MS = 1_000
PICTURE_MS = 1_000 // footage.FPS


def fill(site: Site) -> None:
    """The footage that every test here plays."""
    for start_ms, b_frames in zip(STARTS_MS, (0, 0, 2, 0), strict=True):
        how = {"b_frames": b_frames, "sound": start_ms == 48_000}
        made = footage.store(site, "gate", T0 + start_ms, LENGTH_S, **how)
    footage.gap(
        site,
        Gap(
            camera="gate",
            node="local",
            start_ms=GAP[0],
            end_ms=GAP[1],
            cause=Cause.CAMERA_UNREACHABLE,
        ),
    )
    footage.event(site, made, T0 + 49_500, T0 + 52_000)
    footage.store(site, "gate", HEVC_MS, 2, codec="libx265")


@pytest.fixture(scope="module")
def folder_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Pages over the embedded default."""
    folder = tmp_path_factory.mktemp("folder")
    site = open_site(FlowSettings(), Home(folder / "home"))
    fill(site)
    with served(folder, {"LIVECAM_HOME": str(site.home.root)}) as address:
        yield address


@pytest.fixture
def s3_address(own_minio: Minio, tmp_path: Path) -> Iterator[str]:
    """Pages over a MinIO, whose addresses are signed for a minute."""
    key = Key(own_minio.access_key, own_minio.secret_key)
    Owner(own_minio.endpoint, "us-east-1", key, own=True).make_buckets()
    home = Home(tmp_path / "home")
    write_keys(home, SiteKeys(own_minio.endpoint, key, key))
    fill(open_site(FlowSettings(store=StoreSettings(kind="s3")), home))
    config = tmp_path / "livecam.yaml"
    config.write_text("store: {kind: s3}\n")
    environment = {"LIVECAM_HOME": str(home.root), "LIVECAM_CONFIG": str(config)}
    with served(tmp_path, environment) as address:
        yield address


def playing(address: str, at: str) -> str:
    return f"{address}/playback?camera=gate&at={at}"


def goes_on(shown: list[Shown]) -> None:
    """Pictures come in order, and the browser drops few of them."""
    frames = [mark.frame for mark in shown]
    assert frames == sorted(frames)
    steps = [b - a for a, b in itertools.pairwise(frames)]
    gap = (GAP[1] - GAP[0]) // PICTURE_MS
    assert all(step < 2 * footage.FPS or gap <= step < gap + 2 * footage.FPS for step in steps)


def test_frame_numbers_go_on_across_a_segment_s_end_and_a_gap(
    folder_address: str, browser: Browser
) -> None:
    with opened(browser, playing(folder_address, "2026-11-01T10:00:03Z")) as page:
        page.wait_for_selector(".deck video")
        record(page)
        shown_from(page, T0 + STARTS_MS[1])
        shown_from(page, GAP[1])
        page.get_by_text(re.compile("Skipped 30 s without footage: camera unreachable")).wait_for()
        shown = shown_from(page, T0 + STARTS_MS[3] + 1_000)
        goes_on(shown)
        assert abs(shown[0].utc_ms - (T0 + 3_000)) <= KEYFRAME_MS
        for start_ms in STARTS_MS[1:]:
            near = (T0 + start_ms, T0 + start_ms + 1_000)
            assert any(near[0] <= mark.utc_ms < near[1] for mark in shown)


def paused(page: Page) -> None:
    page.get_by_role("button", name="Pause").click()
    page.locator(".deck:not(.going)").wait_for()


def still_at(page: Page, wanted_ms: int) -> None:
    """The picture and the clock both come to the moment asked for."""

    def there() -> bool:
        shown = marks(page)
        if not shown or abs(shown[-1].utc_ms - wanted_ms) > KEYFRAME_MS:
            return False
        return abs(at_ms(page) - shown[-1].utc_ms) <= 2 * PICTURE_MS

    wait_until(there, what="picture and clock of the moment asked for")


def test_a_seek_shows_the_moment_asked_for(folder_address: str, browser: Browser) -> None:
    with opened(browser, playing(folder_address, "2026-11-01T10:00:01Z")) as page:
        page.wait_for_selector(".deck video")
        record(page)
        shown_from(page, T0 + 1_000)
        paused(page)
        # However late that came: ten seconds on must not be in the gap.
        before = T0 + 1_000
        jump = page.get_by_label("Go to a date and time")
        jump.fill("2026-11-01T11:00:01")
        still_at(page, before)
        jump.blur()
        page.keyboard.press("ArrowRight")
        still_at(page, before + 10_000)
        page.keyboard.press("ArrowLeft")
        still_at(page, before)
        page.get_by_role("button", name="Next event").click()
        shown_from(page, T0 + 49_500)
        assert marks(page)[-1].utc_ms >= T0 + 49_500 - KEYFRAME_MS
        paused(page)
        page.keyboard.press("Shift+ArrowLeft")
        still_at(page, T0)


@pytest.mark.full
def test_a_click_on_the_timeline_seeks(folder_address: str, browser: Browser) -> None:
    with opened(browser, playing(folder_address, "2026-11-01T10:00:01Z")) as page:
        page.wait_for_selector(".deck video")
        record(page)
        shown_from(page, T0 + 1_000)
        paused(page)
        for _ in range(4):  # down to about 5 minutes
            page.get_by_role("button", name="Show less time").click()
        line = page.locator(".line")
        box = line.bounding_box()
        assert box
        told = page.locator(".tip")
        for x in range(0, int(box["width"]), 8):
            line.hover(position={"x": x, "y": 50})
            if "camera unreachable" in (told.text_content() or ""):
                break
        else:
            pytest.fail("the timeline shows no gap")
        assert "nothing for 30 s" in (told.text_content() or "")
        line.click(position={"x": x + 16, "y": 50})  # well inside
        still_at(page, GAP[1])
        assert "at=2026-11-01T10" in page.url
        assert "camera=gate" in page.url


@pytest.mark.full
def test_a_rest_on_the_timeline_shows_the_moment_small(
    folder_address: str, browser: Browser
) -> None:
    with opened(browser, playing(folder_address, "2026-11-01T10:00:01Z")) as page:
        page.wait_for_selector(".deck video")
        told, peek = page.locator(".tip"), page.locator(".peek")
        line = page.locator(".line")
        for _ in range(4):
            page.get_by_role("button", name="Show less time").click()
        box = line.bounding_box()
        assert box
        for x in range(0, int(box["width"]), 4):
            line.hover(position={"x": x, "y": 50})
            if re.match("11:00:.* recorded", told.text_content() or ""):
                break
        else:
            pytest.fail("the timeline shows no footage")
        peek.wait_for(state="visible")
        second = int((told.text_content() or "")[6:8])
        style = peek.evaluate("(box) => [box.style.backgroundImage, box.style.backgroundPosition]")
        assert style[0].startswith('url("blob:')
        assert style[1].replace("-", "") == f"{second % 10 * 160}px {second // 10 * 90}px"
        page.mouse.move(5, 5)
        peek.wait_for(state="hidden")


def test_a_search_s_click_plays_from_the_event(folder_address: str, browser: Browser) -> None:
    with opened(browser, f"{folder_address}/search") as page:
        card = page.locator(".card")
        card.wait_for()
        assert "gate" in (card.text_content() or "")
        assert "11:00:49" in (card.text_content() or "")  # the visitor's own zone
        page.wait_for_function(
            "(image) => image.complete && image.naturalWidth > 0",
            arg=card.locator("img").element_handle(),
        )
        card.click()
        page.wait_for_selector(".deck video")
        record(page)
        shown = shown_from(page, T0 + 49_000)
        assert abs(shown[0].utc_ms - (T0 + 49_000)) <= 2 * KEYFRAME_MS
        assert "/playback" in page.url


def test_hevc_is_said_so_with_the_file_to_download(folder_address: str, browser: Browser) -> None:
    with opened(browser, playing(folder_address, "2026-11-01T10:10:00Z")) as page:
        page.get_by_text("HEVC (H.265), which this browser cannot decode").wait_for()
        with page.expect_download() as download:
            page.get_by_role("link", name="Download this segment").click()
        assert re.fullmatch(r"gate_20261101_101000.*\.mp4", download.value.suggested_filename)


@pytest.mark.full
def test_without_hls_js_it_plays_segment_by_segment(folder_address: str, browser: Browser) -> None:
    def absent(route: Route) -> None:
        route.fulfill(status=404, body="")

    with opened(browser, folder_address) as page:
        page.route("**/hls.light.min.mjs", absent)
        page.goto(playing(folder_address, "2026-11-01T10:00:04Z"))
        page.wait_for_selector(".deck video[data-way=plain]")
        record(page)
        shown_from(page, T0 + 6_000, until_ms=T0 + 12_000)
        shown = shown_from(page, GAP[1])
        goes_on(shown)


@pytest.mark.full
def test_every_range_is_signed_anew_when_it_is_asked_for(s3_address: str, browser: Browser) -> None:
    signed: list[str] = []
    with opened(browser, s3_address) as page:
        page.on(
            "response", lambda r: signed.append(r.headers["location"]) if r.status == 302 else None
        )
        page.goto(playing(s3_address, "2026-11-01T10:00:01Z"))
        page.wait_for_selector(".deck video")
        record(page)
        shown_from(page, T0 + STARTS_MS[1])
        goes_on(shown_from(page, GAP[1]))
        fetched = page.evaluate("performance.getEntriesByType('resource').map((e) => e.name)")
        playlists = [address for address in fetched if ".m3u8" in address]
        assert playlists
        for text in (page.request.get(address).text() for address in playlists):
            assert "X-Amz" not in text  # an address that ends would freeze a paused player
    assert len(signed) >= 4
    assert all("X-Amz-Expires=60" in address for address in signed)
    assert all("versionId=" in address for address in signed)
