"""The door in a browser: the first account, a second factor, and a session that ends everywhere."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pyotp
import pytest

from dashboards.access.access import access_of
from edge.clock import SystemClock
from edge.home import Home
from tests.e2e.screen import opened, served

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

PASSWORD = "correct horse battery"
PAGE = "[data-testid=stMainBlockContainer]"


def fill(page: Page, button: str, **fields: str) -> None:
    """Send the form with that button."""
    form = page.locator("form", has=page.get_by_role("button", name=button, exact=True))
    for name, value in fields.items():
        form.locator(f"[name={name}]").fill(value)
    form.get_by_role("button", name=button, exact=True).click()


def code(totp: pyotp.TOTP, ahead: int = 0) -> str:
    return totp.generate_otp(SystemClock().utc_ms() // 30_000 + ahead)


@pytest.mark.full
def test_a_new_site_from_its_first_link_to_logging_out_everywhere(
    livecam_home: Path, tmp_path: Path, browser: Browser
) -> None:
    access = access_of(Home(livecam_home))
    word = access.links.make()
    with (
        served(tmp_path, {"LIVECAM_HOME": str(livecam_home)}) as address,
        opened(browser, f"{address}/setup?token={word}") as page,
    ):
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text))
        fill(page, "Set it", name="anna", password=PASSWORD, again=PASSWORD)
        page.locator(PAGE).wait_for()
        page.goto(f"{address}/logout")
        fill(page, "Log out")
        page.wait_for_url("**/login")
        page.goto(f"{address}/health?from=a-link")
        fill(page, "Log in", name="anna", password="a guess")
        page.get_by_role("alert").wait_for()
        fill(page, "Log in", name="anna", password=PASSWORD)
        page.wait_for_url("**/health?from=a-link")
        page.locator(PAGE).wait_for()

        page.goto(f"{address}/account")
        secret = page.locator("[name=secret]").input_value()
        totp = pyotp.TOTP(secret)
        fill(page, "Turn on", now=PASSWORD, code=code(totp))
        recovery = page.locator("ul.codes li").first.inner_text()

        # A second browser, which is not known: by password and a recovery code.
        with opened(browser, f"{address}/login") as other:
            fill(other, "Log in", name="anna", password=PASSWORD)
            fill(other, "Continue", code=recovery)
            other.locator(PAGE).wait_for()
            page.goto(f"{address}/account")
            fill(page, "Log out everywhere")
            page.wait_for_url("**/login")
            # What is shown there goes no further.
            other.goto(f"{address}/health")
            other.wait_for_url("**/login?next=/health")
        assert [text for text in said if "Content Security Policy" in text] == []
    done = {(deed.action, deed.outcome) for deed in access.deeds.newest(50)}
    assert {
        ("log-in", "done"),
        ("log-in", "refused"),
        ("log out everywhere", "done"),
        ("log-out", "done"),
    } <= done
    assert word not in (tmp_path / "dashboards.log").read_text()
