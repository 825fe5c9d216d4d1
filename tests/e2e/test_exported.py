"""An exported file in a browser: it plays at once, and holds a picture over a gap."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from edge.clock import from_iso
from flows.media.joined import Joiner
from tests.dashboards import footage

if TYPE_CHECKING:
    from playwright.sync_api import Browser

T0 = from_iso("2026-11-01T10:00:00Z")
# The time in the film of each picture that was shown, and how it ended.
PLAYED = """async (file) => {
  const video = document.createElement('video');
  video.muted = true;
  document.body.append(video);
  video.src = file;
  const shown = [];
  const next = (_, told) => { shown.push(told.mediaTime); video.requestVideoFrameCallback(next); };
  video.requestVideoFrameCallback(next);
  await new Promise((done, failed) => {
    video.onended = done;
    video.onerror = () => failed(video.error.message);
    video.play();
  });
  return { seconds: video.duration, shown };
}"""


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """Where a browser finds the files of `tmp_path`."""
    handler = partial(_Quiet, directory=str(tmp_path))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.full
def test_it_plays_on_over_a_gap(tmp_path: Path, address: str, browser: Browser) -> None:
    (tmp_path / "index.html").write_text("<!doctype html><title>An export</title>")
    page = browser.new_page()
    page.goto(f"{address}/index.html")
    for name, how in (("plain", {}), ("late", {"b_frames": 2}), ("loud", {"sound": True})):
        joiner = Joiner(tmp_path, T0, T0 + 7_000)
        for number, at_ms in enumerate((T0, T0 + 4_000)):
            path = tmp_path / f"{number}.mp4"
            path.write_bytes(footage.movie("gate", at_ms, 2, **how))
            joiner.add(path, path.stem, at_ms)
        done = joiner.close()
        assert done is not None
        done.path.rename(tmp_path / f"{name}.mp4")
        told = page.evaluate(PLAYED, f"{name}.mp4")
        assert told["seconds"] == pytest.approx(6.0, abs=0.05)
        assert not [at for at in told["shown"] if 1.95 < at < 3.95]
        assert max(told["shown"]) > 5
