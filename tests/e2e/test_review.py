"""Review in Chromium by an operator: by keyboard, kept, and with nothing of cameras unseen."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from dashboards.access.access import SESSION_COOKIE, access_of
from dashboards.access.visitor import Role
from dashboards.reviews import Reviews
from edge.home import Home
from flows.settings import FlowSettings
from flows.site import Site, open_site
from tests.dashboards import footage
from tests.e2e.screen import served

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser, BrowserContext

COUNT = 3


def seen(site: Site, camera: str) -> int:
    """Footage with visits of an hour ago; when the first began."""
    made = footage.store(site, camera, site.clock.utc_ms() // 1_000 * 1_000 - 3_600_000, 4)
    for number in range(COUNT):
        footage.event(
            site, made, made.start_ms + number * 1_000, made.start_ms + number * 1_000 + 500
        )
    return made.start_ms


def visiting(browser: Browser, site: Site, address: str, locale: str) -> BrowserContext:
    """A browser in which an operator of `gate` is logged in."""
    access = access_of(site.home)
    access.users.add("mina", Role.ADMIN)
    access.set_password("mina", "long enough a password")
    access.users.add("joon", Role.OPERATOR, ["gate"])
    _, token = access.sessions.open("joon")
    context = browser.new_context(locale=locale, viewport={"width": 390, "height": 844})
    context.add_cookies([{"name": SESSION_COOKIE, "value": token, "url": address}])
    context.set_default_timeout(60_000)
    return context


@pytest.mark.full
def test_events_are_reviewed_by_keyboard_and_stay_so(browser: Browser, tmp_path: Path) -> None:
    site = open_site(FlowSettings(), Home(tmp_path / "home"))
    start_ms = seen(site, "gate")
    seen(site, "yard")
    environment = {"LIVECAM_HOME": str(site.home.root), "PREFECT_API_URL": "http://127.0.0.1:9/api"}
    with served(tmp_path, environment) as address:
        context = visiting(browser, site, address, "ko-KR")
        page = context.new_page()
        thrown: list[str] = []
        page.on("pageerror", lambda error: thrown.append(str(error)))
        page.goto(address)
        page.locator(".card").nth(COUNT - 1).wait_for()
        assert page.locator(".card").count() == COUNT
        assert "yard" not in (page.locator("body").inner_text())
        page.keyboard.press("j")
        page.keyboard.press("r")
        page.get_by_text("2건 검토 전").wait_for()
        page.keyboard.press("j")
        page.keyboard.press("r")
        page.get_by_text("1건 검토 전").wait_for()
        assert page.locator(".card.reviewed").count() == 2
        newest = [f"gate_person_{start_ms + number * 1_000}" for number in (2, 1)]
        kept = Reviews(site.home).reviewed(start_ms, start_ms + 10_000)
        assert kept == dict.fromkeys(newest, "joon")
        page.keyboard.press("r")
        page.get_by_text("2건 검토 전").wait_for()
        page.locator(".card.stood .way").focus()
        page.keyboard.press("Enter")
        page.wait_for_url(re.compile(r"/playback\?camera=gate&at="))
        assert thrown == []
        context.close()
