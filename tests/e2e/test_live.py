"""A camera as it is now: RTSP, recorder, node, gateway and Chromium, each a process of its own."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import av
import numpy as np
import pytest

from edge.camera import blocks
from infra.bench import drawn
from infra.bench.marks import READER, TAKE, Shown, parsed
from infra.faults.recording import Record
from infra.waiting import wait_until
from tests.e2e.screen import ROOT, opened, served
from tests.servers.process import Server, answers, free_port
from tests.servers.rtsp_server import RtspServer

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

FPS = 10
OPTIONS = f"?fps={FPS}&size=320x176"
# What is shown here is that it is about now; `livecam bench --only live` says how exactly.
NOW_MS = 5_000


HIDE = """
(hidden) => {
  Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
  document.dispatchEvent(new Event("visibilitychange"));
}
"""


class Site:
    """A home that records three cameras, its node's server, and the pages' address."""

    def __init__(self, home: Path, node: Server, port: int, address: str) -> None:
        self.home, self.node, self._port, self.address = home, node, port, address

    def serve(self) -> None:
        """Start the node's server, again."""
        self.node.start(lambda: answers(self._port), seconds=60)


def hevc(folder: Path) -> str:
    """A camera's source: two seconds of HEVC, again and again."""
    path = folder / "old.mp4"
    options = {"preset": "ultrafast", "x265-params": "log-level=none", "g": str(FPS)}
    with av.open(str(path), "w") as file:
        stream = file.add_stream("libx265", rate=FPS, options=options)
        stream.width, stream.height = 320, 176
        for number in range(2 * FPS):
            picture = np.full((264, 320), number, np.uint8)
            file.mux(stream.encode(av.VideoFrame.from_ndarray(picture, "yuv420p")))
        file.mux(stream.encode(None))
    return f"clip:{path}"


@pytest.fixture
def site(rtsp_server: Callable[..., RtspServer], tmp_path: Path) -> Iterator[Site]:
    """`gate` is drawn behind RTSP, `yard` without that, `old` sends HEVC."""
    sent, port = free_port(), free_port()
    cameras = rtsp_server({"/gate": drawn.launch(sent)})
    sources = {"gate": cameras.url("/gate"), "yard": f"scene:{OPTIONS}", "old": hevc(tmp_path)}
    record = Record(tmp_path / "home", sources)
    told = {"LIVECAM_HOME": str(record.home), "LIVECAM_CONFIG": str(record.config)}
    words = ["-m", "edge.serving", "--node", "local", "--port", str(port)]
    node = Server(
        [sys.executable, *words],
        log=tmp_path / "node.log",
        environment={**told, "PYTHONPATH": str(ROOT)},
    )
    with drawn.sending({"gate": sent}, OPTIONS), served(tmp_path, told) as address:
        site = Site(record.home, node, port, address)
        record.start()
        try:
            site.serve()
            for camera in record.cameras:
                record.wait_for("segment", 1, camera=camera)
            yield site
        finally:
            node.stop()
            record.stop()


def watch(page: Page, camera: str) -> None:
    """Begin to read the pictures of the page's camera."""
    page.locator(".live video").evaluate(READER, blocks.rows(camera))


def shown(page: Page, count: int) -> list[Shown]:
    """So many pictures that appear from now on."""
    found: list[Shown] = []

    def there() -> bool:
        found.extend(parsed(page.evaluate(TAKE)))
        return len(found) >= count

    wait_until(there, what=f"{count} pictures")
    return found


@pytest.mark.full
def test_a_click_shows_the_camera_as_it_is_now_and_another_goes_back(
    site: Site, browser: Browser
) -> None:
    with opened(browser, f"{site.address}/live") as page:
        page.wait_for_function(
            "(images) => images.every((one) => one.naturalWidth > 0)",
            arg=[page.locator(".tile img").nth(n).element_handle() for n in (0, 1)],
        )
        page.get_by_text("gate", exact=True).click()
        page.wait_for_url("**/live?camera=gate")
        page.locator(".stage.moving").wait_for()
        watch(page, "gate")
        seen = shown(page, 2 * FPS)
        frames = [one.frame for one in seen]
        assert all(0 < b - a <= FPS for a, b in itertools.pairwise(frames))
        assert all(0 <= one.late_ms < NOW_MS for one in seen)
        page.get_by_text("All cameras").click()
        page.locator(".tile").nth(1).wait_for()
        assert "camera=" not in page.url
        page.get_by_text("old", exact=True).click()
        page.get_by_text("HEVC (H.265), which this browser cannot decode").wait_for()


@pytest.mark.full
def test_a_node_that_was_killed_is_said_so_and_its_picture_returns(
    site: Site, browser: Browser
) -> None:
    with opened(browser, f"{site.address}/live?camera=yard") as page:
        page.locator(".stage.moving").wait_for()
        watch(page, "yard")
        before = shown(page, FPS)[-1]
        site.node.kill()
        page.get_by_text("The machine that records this camera cannot be reached").wait_for()
        site.serve()
        page.locator(".stage.moving").wait_for()
        after = shown(page, FPS)
        assert after[-1].frame > before.frame
        assert after[-1].late_ms < NOW_MS


@pytest.mark.full
def test_nothing_is_fetched_while_nobody_looks(site: Site, browser: Browser) -> None:
    with opened(browser, f"{site.address}/live?camera=yard") as page:
        page.locator(".stage.moving").wait_for()
        watch(page, "yard")
        shown(page, FPS)
        page.evaluate(HIDE, True)
        page.evaluate(TAKE)
        page.wait_for_timeout(2_000)
        assert len(page.evaluate(TAKE)) <= FPS // 2
        page.evaluate(HIDE, False)
        assert shown(page, 2 * FPS)[-1].late_ms < NOW_MS
