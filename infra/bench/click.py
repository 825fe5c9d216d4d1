"""serve-click: from a click on the timeline to the first picture of that moment on the screen.

Half an hour of a drawn 1080p camera in MinIO, played by Playback in Chromium: from one click to
the next the player has nothing of what is asked for. Each picture tells its moment; it is read off
a canvas as it appears. Chromium, which decodes without a GPU here, shares this machine's cores with
gateway and MinIO.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from statistics import median, quantiles
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from edge.camera import blocks
from edge.camera.yard import Yard
from edge.clock import from_iso, to_iso
from infra.bench import Goal, Row
from infra.bench.browser import chromium
from infra.bench.marks import READER, TAKE, Shown, parsed
from infra.bench.stored import FIRST_MS, played
from infra.bench.streams import write

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

CAMERA, SIZE, FPS, KEYFRAME_S = "yard", (1920, 1080), 15, 2
CLIP_S, TIMES, SEGMENT_S = 60, 30, 30
CLICKS, SETTLED_MS, WAIT_S = 40, 1_500, 20
GOAL_MS = 300
# Golden steps over the line: each lands far from all before it, and from where it plays.
_STEP, _FIRST = 0.381966, 0.1
_NOTES_CLICKS = """
(line) => line.addEventListener("pointerup", () => (window.clicked = Date.now()), { capture: true })
"""


def rows(folder: Path, say: Callable[[str], None]) -> Iterator[Row]:
    """Milliseconds: the median, and in `more` the 95th percentile and the longest."""
    folder.mkdir(parents=True, exist_ok=True)
    say(f"drawing {CLIP_S} s of a camera")
    clip = write(folder / "clip.mp4", _drawn(), SIZE, FPS, keyframe_s=KEYFRAME_S, qp=32)
    say(f"{CLIP_S * TIMES // 60} minutes of it into MinIO")
    with (
        played(folder, {CAMERA: [clip] * TIMES}, SEGMENT_S * 1_000) as address,
        chromium() as browser,
        closing(browser.new_page(viewport={"width": 1440, "height": 900})) as page,
    ):
        say(f"{CLICKS} clicks")
        took = _clicks(page, address)
    more = {
        "p95_ms": quantiles(took, n=20, method="inclusive")[-1],
        "most_ms": max(took),
        "clicks": len(took),
    }
    goal = Goal(GOAL_MS, "ours")
    yield Row("serve-click", median(took), None, None, "ms to the first picture", goal, more)


def _drawn() -> Iterator[npt.NDArray[np.uint8]]:
    """Pictures that tell how many ms after the clip's beginning they are."""
    yard = Yard(CAMERA, *SIZE)
    for number in range(CLIP_S * FPS):
        picture = yard.picture(number / FPS, number)
        blocks.draw(picture[: SIZE[1]], CAMERA, number * 1_000 // FPS, number)
        yield picture


def _clicks(page: Page, address: str) -> list[int]:
    """How long each took, in ms."""
    lasts_s = CLIP_S * TIMES
    middle = to_iso(FIRST_MS + lasts_s * 500)
    page.goto(f"{address}/playback?camera={CAMERA}&at={middle}&span={lasts_s}")
    page.locator(".deck video").evaluate(READER, blocks.rows(CAMERA))
    line = page.locator(".deck .line")
    line.evaluate(_NOTES_CLICKS)
    _until(page, lambda _: True)
    found = [_click(page, line, (_FIRST + n * _STEP) % 1) for n in range(CLICKS)]
    return [ms for ms in found if ms is not None]


def _click(page: Page, line: Locator, share: float) -> int | None:
    """None where the clip, that lasts but CLIP_S, plays just what is asked for."""
    page.wait_for_timeout(SETTLED_MS)
    before = parsed(page.evaluate(TAKE))[-1]
    box = line.bounding_box()
    assert box is not None
    line.click(position={"x": box["width"] * (0.02 + 0.95 * share), "y": box["height"] / 2})
    clicked_ms = int(page.evaluate("window.clicked"))
    asked_ms = _asked_ms(page) - FIRST_MS
    if _apart(before, asked_ms) < 3 * KEYFRAME_S * 1_000:
        return None

    def there(shown: Shown) -> bool:
        return shown.at_ms >= clicked_ms and _apart(shown, asked_ms) <= KEYFRAME_S * 1_000

    return _until(page, there).at_ms - clicked_ms


def _apart(shown: Shown, ms: int) -> int:
    """Of a picture and a moment of the footage, in the clip that begins again and again."""
    apart = (shown.utc_ms - ms) % (CLIP_S * 1_000)
    return min(apart, CLIP_S * 1_000 - apart)


def _asked_ms(page: Page) -> int:
    """The moment in the address bar."""
    return from_iso(page.evaluate("new URLSearchParams(location.search).get('at')"))


def _until(page: Page, wanted: Callable[[Shown], bool]) -> Shown:
    """The first such picture from now on."""
    until = time.monotonic() + WAIT_S
    while time.monotonic() < until:
        for shown in parsed(page.evaluate(TAKE)):
            if wanted(shown):
                return shown
        page.wait_for_timeout(20)
    raise TimeoutError("the picture that was asked for did not come")
