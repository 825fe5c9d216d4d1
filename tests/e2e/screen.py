"""The pages in a browser, and the frame numbers read off the picture that plays."""

from __future__ import annotations

import os
import sys
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import httpx

from infra.waiting import wait_until
from tests.conftest import CHROMIUM, CHROMIUM_ARGUMENTS
from tests.servers.process import Server, free_port

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ROOT = Path(__file__).parents[2]
ZONE = "Europe/Berlin"

# Reads edge.camera.blocks off every picture that the browser shows: 6 rows of 32 pairs of cells.
RECORDER = """
(video) => {
  const marks = (window.marks = []);
  const canvas = document.createElement("canvas");
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  const read = () => {
    canvas.width = video.videoWidth;
    canvas.height = video.videoHeight;
    pen.drawImage(video, 0, 0);
    const unit = video.videoWidth / 80;
    const { data, width } = pen.getImageData(0, 0, canvas.width, Math.ceil(unit * 6));
    const green = (column, row) =>
      data[(Math.floor((row + 0.5) * unit) * width + Math.floor((column + 0.5) * unit)) * 4 + 1];
    let bits = "";
    for (let bit = 0; bit < 192; bit += 1) {
      const [column, row] = [2 * (bit % 32), Math.floor(bit / 32)];
      bits += green(column, row) > green(column + 1, row) ? "1" : "0";
    }
    marks.push(bits);
    video.requestVideoFrameCallback(read);
  };
  video.requestVideoFrameCallback(read);
}
"""


class Shown(NamedTuple):
    """What one picture on the screen told."""

    utc_ms: int
    frame: int


def parse(bits: str) -> Shown | None:
    """A picture's mark; None where its checksum does not hold."""
    told = int(bits, 2).to_bytes(len(bits) // 8, "big")
    length = 11 + told[10]
    if zlib.crc32(told[:length]).to_bytes(4, "big") != told[length : length + 4]:
        return None
    return Shown(int.from_bytes(told[:6], "big"), int.from_bytes(told[6:10], "big"))


@contextmanager
def served(folder: Path, environment: Mapping[str, str]) -> Iterator[str]:
    """`python -m dashboards` in a process of its own; its address."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    server = Server(
        [sys.executable, "-m", "dashboards", "--port", str(port)],
        log=folder / "dashboards.log",
        environment={**os.environ, **environment, "PYTHONPATH": str(ROOT)},
    )

    def ready() -> bool:
        try:
            return httpx.get(f"{address}/api/health", trust_env=False, timeout=5).is_success
        except httpx.TransportError:
            return False

    server.start(ready, seconds=90)
    try:
        yield address
    finally:
        server.stop()


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser for several tests of one module, none of which runs a loop of its own."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=CHROMIUM_ARGUMENTS, headless=True
        )
        yield browser
        browser.close()


@contextmanager
def opened(browser: Browser, address: str) -> Iterator[Page]:
    """A page in the visitor's own zone; what its scripts throw fails the test."""
    page = browser.new_page(timezone_id=ZONE, viewport={"width": 1280, "height": 900})
    page.set_default_timeout(60_000)
    thrown: list[str] = []
    page.on("pageerror", lambda error: thrown.append(str(error)))
    page.goto(address)
    yield page
    page.close()
    assert thrown == []


def record(page: Page) -> None:
    """Begin to read the pictures of the page's player."""
    page.locator(".deck .stage video").evaluate(RECORDER)


def marks(page: Page) -> list[Shown]:
    """What was shown since `record`, in order."""
    found = [parse(bits) for bits in page.evaluate("window.marks")]
    return [mark for mark in found if mark is not None]


def at_ms(page: Page) -> int:
    """The moment that the player says it shows."""
    return int(page.locator(".deck").get_attribute("data-at") or 0)


def shown_from(page: Page, ms: int, *, until_ms: int | None = None) -> list[Shown]:
    """Wait until a picture of `[ms, until_ms)` was shown; all that were."""

    def there() -> bool:
        return any(ms <= m.utc_ms < (until_ms or ms + 86_400_000) for m in marks(page))

    wait_until(there, seconds=120, what=f"a picture of {ms}")
    return marks(page)
