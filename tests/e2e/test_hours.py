"""Cameras' hours on Health, in Chromium: by pointer, by keyboard, and where they lead."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from edge.home import Home
from edge.segment import Cause, Gap
from flows.catalogue.coverage import HOUR_MS
from flows.settings import FlowSettings
from flows.site import open_site
from tests.dashboards import footage
from tests.e2e.screen import opened, served

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Two cameras that recorded three hours ago; `gate` was out of reach for the hour after."""
    folder = tmp_path_factory.mktemp("hours")
    site = open_site(FlowSettings(), Home(folder / "home"))
    hour_ms = site.clock.utc_ms() // HOUR_MS * HOUR_MS - 3 * HOUR_MS
    for camera in ("gate", "yard"):
        footage.store(site, camera, hour_ms + 60_000, 4)
    told = {"camera": "gate", "node": "local", "cause": Cause.CAMERA_UNREACHABLE}
    footage.gap(site, Gap(**told, start_ms=hour_ms + 64_000, end_ms=hour_ms + 2 * HOUR_MS))
    # Nobody answers there: what is shown here asks no Prefect.
    environment = {"LIVECAM_HOME": str(site.home.root), "PREFECT_API_URL": "http://127.0.0.1:9/api"}
    with served(folder, environment) as found:
        yield found


def last_hours(page: Page) -> list[str]:
    """What the cells of `gate` say, the current hour last."""
    page.wait_for_selector(".hours tbody a")
    cells = page.locator(".hours tbody tr").first.locator("a").all()
    return [cell.get_attribute("aria-label") or "" for cell in cells]


def tip(page: Page, words: str) -> None:
    """Wait for these beside the cell that is pointed at."""
    page.locator(".hours .tip", has_text=words).wait_for(state="visible")


@pytest.mark.full
def test_every_hour_says_what_became_of_it(address: str, browser: Browser) -> None:
    with opened(browser, f"{address}/health") as page:
        said = last_hours(page)
        assert len(said) == 24
        [seen] = [words for words in said if "recorded: 4 s" in words]
        assert "camera unreachable: 58 min 56 s (98.2%)" in seen
        assert "not yet: 1 min" in seen
        page.get_by_role("grid").get_by_label(re.compile("recorded: 4 s")).first.hover()
        tip(page, "recorded: 4 s (0.1%)")


@pytest.mark.full
def test_the_keyboard_reaches_each_cell_and_follows_it(address: str, browser: Browser) -> None:
    with opened(browser, f"{address}/health") as page:
        said = last_hours(page)
        at = next(n for n, words in enumerate(said) if "recorded: 4 s" in words)
        page.locator(".hours a[tabindex='0']").focus()
        page.keyboard.press("Home")
        for _ in range(at):
            page.keyboard.press("ArrowRight")
        tip(page, "gate")
        page.keyboard.press("ArrowDown")
        tip(page, "yard")
        page.keyboard.press("Enter")
        page.wait_for_url(re.compile(r"/playback\?.*camera=yard"))
        page.wait_for_selector(".deck video")
        assert "at=" in page.url
