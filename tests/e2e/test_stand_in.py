"""A stand-in in the browser: said over the picture while it is shown, and only then."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from edge.clock import to_iso
from flows.stages.drain import drain
from infra.waiting import wait_until
from tests.e2e.screen import at_ms, opened, served
from tests.flows.stage_site import SECONDS, START_MS, folder_site, seal

if TYPE_CHECKING:
    from playwright.sync_api import Browser

STEP_MS = SECONDS * 1_000
WORDS = "Stand-in: the camera could not be opened"


@pytest.mark.full
def test_playback_says_over_the_picture_that_it_is_a_stand_in(
    tmp_path: Path, browser: Browser
) -> None:
    site = folder_site(tmp_path / "home")
    kinds = ("fallback scene", "fallback scene", "rtsp", "rtsp", "rtsp")
    for n, kind in enumerate(kinds):
        seal(site, "gate", START_MS + n * STEP_MS, kind=kind, shade=60 + n)
    drain(site)
    with served(tmp_path, {"LIVECAM_HOME": str(site.home.root)}) as address:
        at = to_iso(START_MS + 500)
        with opened(browser, f"{address}/playback?camera=gate&at={at}") as page:
            page.get_by_text("A stand-in, not the camera").wait_for()
            said = page.locator(".deck .stand-in")
            said.wait_for(state="visible")
            assert said.text_content() == WORDS
            after_ms = START_MS + 2 * STEP_MS + 500
            wait_until(lambda: at_ms(page) > after_ms, what="the camera's own footage")
            said.wait_for(state="hidden")
