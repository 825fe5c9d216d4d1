"""live: how old the picture is that a browser shows, across all processes, and whether it stands.

Six drawn cameras behind RTSP, their recorder, the node's server, the gateway, and Chromium with the
pages' own player. Each picture tells when it was drawn; it is read off a canvas as it appears. All
of it shares this machine's cores: drawing and encoding the cameras, too. Where five clients watch,
each has one camera on its screen, and besides takes the streams of all six.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from statistics import median, quantiles
from typing import TYPE_CHECKING

import yaml

from edge.camera import blocks
from edge.home import Home
from infra.bench import Goal, Row, taking
from infra.bench.browser import chromium
from infra.bench.drawn import cameras
from infra.bench.gateway import gateway
from infra.bench.marks import READER, TAKE, parsed
from infra.stack import process
from infra.stack.part import listens
from infra.stack.ports import Ports
from infra.waiting import wait_until

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CAMERAS, CLIENTS = 6, 5
WATCHED_S, SETTLED_S, OPENED = 60, 10, 10
FPS = 15
OPTIONS = f"?fps={FPS}&size=640x360"
# A picture that stands for so long is seen to stand.
_STALL_MS = 1_000
# Shows a camera as the page Live does; `stood` counts, once `settled`, how often it did.
_WATCH = """
async ([camera, stall]) => {
  const { Live } = await import("/api/player/live.js");
  Object.assign(window, { settled: false, stood: 0, pictures: 0 });
  const video = document.createElement("video");
  video.width = 640;
  document.body.replaceChildren(video);
  let before = 0;
  const seen = () => {
    const now = performance.now();
    if (window.settled) window.pictures += 1;
    if (window.settled && before && now - before > stall) window.stood += 1;
    before = now;
    video.requestVideoFrameCallback(seen);
  };
  video.requestVideoFrameCallback(seen);
  window.live = new Live(video, camera);
  window.live.start();
}
"""
# How long it takes from nothing to the first picture, in ms.
_FIRST = """
async (camera) => {
  const { Live } = await import("/api/player/live.js");
  const video = document.createElement("video");
  document.body.append(video);
  const live = new Live(video, camera);
  const shown = new Promise((done) => video.requestVideoFrameCallback(done));
  const began = performance.now();
  live.start();
  await shown;
  const took = performance.now() - began;
  live.stop();
  video.remove();
  return took;
}
"""


def rows(folder: Path, say: Callable[[str], None]) -> Iterator[Row]:
    """Age of pictures in ms, how soon the first one comes, and stalls of many who watch."""
    folder.mkdir(parents=True, exist_ok=True)
    names = [f"camera{n}" for n in range(CAMERAS)]
    with _site(folder, names) as address, chromium() as browser:
        with closing(browser.new_page()) as page:
            page.goto(f"{address}/api/health")
            took = _first(page, names)
            say(f"one client, {WATCHED_S} s")
            late = _late(page, names[0])
        say(f"{CLIENTS} clients, {WATCHED_S} s")
        with taking.streams(address, names * CLIENTS) as taken:
            stood, pictures = _stalls(browser, address, names)
    cuts = quantiles(late, n=20)
    more: dict[str, float] = {"pictures": len(late), "most_ms": max(late), "ideal": WATCHED_S * FPS}
    yield Row("live-p50", median(late), None, None, "ms old", None, more)
    yield Row("live-p95", cuts[-1], None, None, "ms old", Goal(500, "ours"), more)
    yield Row("live-first", median(took), None, None, "ms to the first picture")
    more = {"pictures": pictures, "ideal": CLIENTS * WATCHED_S * FPS}
    yield Row("live-stalls", stood, None, None, "stalls on screen", Goal(0, "ours"), more)
    more = {
        "streams": CLIENTS * CAMERAS,
        "pictures": taken.pictures,
        "longest_ms": taken.longest_ms,
    }
    yield Row("live-streams", taken.stalls(_STALL_MS), None, None, "stalls", Goal(0, "ours"), more)


@contextmanager
def _site(folder: Path, names: list[str]) -> Iterator[str]:
    """Cameras, recorder, node's server and gateway; the gateway's address."""
    home, config = Home(folder / "home"), folder / "livecam.yaml"
    with cameras(names, OPTIONS, folder) as urls, ExitStack() as stack:
        entries = {name: {"source": url} for name, url in urls.items()}
        config.write_text(yaml.safe_dump({"record": {"segment": "10s"}, "cameras": entries}))
        values = {**os.environ, "LIVECAM_HOME": str(home.root), "LIVECAM_CONFIG": str(config)}
        port = stack.enter_context(closing(Ports())).free(8000)
        serving = ["edge.serving", "--node", "local", "--port", str(port)]
        for words in (["infra.cli", "record"], serving):
            mark = f"bench-{home.root}-{words[0]}"
            log = home.logs / f"{words[0]}.log"
            started = process.start([sys.executable, "-m", *words], values, log, mark)
            stack.callback(started.wait)
            stack.callback(process.end, [process.Target(mark)])
        wait_until(listens(f"http://127.0.0.1:{port}/health"), what="the node's server")
        sockets = [home.recorder / f"{name}.live" for name in names]
        wait_until(lambda: all(one.exists() for one in sockets), what="the recorder")
        yield stack.enter_context(gateway(home, config))


def _first(page: Page, names: list[str]) -> list[float]:
    """Of each camera in turn, OPENED times."""
    return [float(page.evaluate(_FIRST, names[n % len(names)])) for n in range(OPENED)]


def _late(page: Page, camera: str) -> list[int]:
    page.evaluate(_WATCH, [camera, _STALL_MS])
    page.wait_for_timeout(SETTLED_S * 1_000)
    page.locator("video").evaluate(READER, blocks.rows(camera))
    page.wait_for_timeout(WATCHED_S * 1_000)
    return [one.late_ms for one in parsed(page.evaluate(TAKE))]


def _stalls(browser: Browser, address: str, names: list[str]) -> tuple[int, int]:
    """How often a picture stood for a second, and how many were shown."""
    pages = [browser.new_context().new_page() for _ in range(CLIENTS)]
    for page, camera in zip(pages, names, strict=False):
        page.goto(f"{address}/api/health")
        page.evaluate(_WATCH, [camera, _STALL_MS])
    time.sleep(SETTLED_S)
    for page in pages:
        page.evaluate("window.settled = true")
    time.sleep(WATCHED_S)
    found = [page.evaluate("[window.stood, window.pictures]") for page in pages]
    return sum(one[0] for one in found), sum(one[1] for one in found)
