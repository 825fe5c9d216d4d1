"""Playback as the page where a moment is found, and where what is damaged is said so."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from edge.home import Home
from edge.segment import Cause, Gap, Segment
from flows.settings import FlowSettings
from flows.site import Site, open_site
from infra.waiting import wait_until
from tests.dashboards import footage
from tests.e2e.screen import (
    RECORDER,
    Shown,
    at_ms,
    chromium,
    marks,
    opened,
    parse,
    record,
    served,
    shown_from,
)
from tests.e2e.test_playback import T0, paused

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

LENGTH_MS = 2_000
HOUR_MS = 3_600_000


def overwrite(site: Site, made: Segment) -> None:
    """Another byte in the middle of a stored picture: it still plays, and is not what was."""
    [path] = site.home.store.rglob(made.key.rsplit("/", 1)[1])
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0x40
    path.chmod(0o644)
    path.write_bytes(data)


def shred(site: Site, made: Segment) -> None:
    """All bytes flipped: nothing in it is a picture."""
    [path] = site.home.store.rglob(made.key.rsplit("/", 1)[1])
    path.chmod(0o644)
    path.write_bytes(bytes(byte ^ 0x5A for byte in path.read_bytes()))


def remove(site: Site, made: Segment) -> None:
    [path] = site.home.store.rglob(made.key.rsplit("/", 1)[1])
    path.unlink()


DAMAGES = {2: overwrite, 4: shred, 6: remove}


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """`yard`: eight segments, three of them damaged. `hall`: as long, a day's gap, one more."""
    folder = tmp_path_factory.mktemp("moments")
    site = open_site(FlowSettings(), Home(folder / "home"))
    for number in range(8):
        made = footage.store(site, "yard", T0 + number * LENGTH_MS, LENGTH_MS // 1_000)
        if number in DAMAGES:
            DAMAGES[number](site, made)
    first = footage.store(site, "hall", T0, 8)
    missing = (first.end_ms, first.end_ms + 24 * HOUR_MS)
    told = {"camera": "hall", "node": "local", "cause": Cause.NODE_DOWN}
    footage.gap(site, Gap(start_ms=missing[0], end_ms=missing[1], **told))
    last = footage.store(site, "hall", missing[1], 8)
    footage.event(site, last, missing[1] + 3_000, missing[1] + 4_000)
    with served(folder, {"LIVECAM_HOME": str(site.home.root)}) as found:
        yield found


@pytest.fixture(scope="module")
def chrome() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture
def page(address: str, chrome: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """The player at the address that the test's `at` mark names, its pictures being read."""
    with opened(chrome, f"{address}/playback?{request.param}") as found:
        found.wait_for_selector(".deck .stage video")
        record(found)
        yield found


def at(camera: str, second: float, **more: object) -> str:
    told = "".join(f"&{name}={value}" for name, value in more.items())
    return f"camera={camera}&at=2026-11-01T10:00:{second:06.3f}Z{told}"


def shown(page: Page) -> Shown:
    """The picture on the screen once it stands still."""
    found: list[Shown] = []

    def still() -> bool:
        before, now = found[-1:], marks(page)[-1:]
        found[:] = now
        return bool(now) and before == now

    wait_until(still, what="a picture that stands still")
    return found[0]


@pytest.mark.full
@pytest.mark.parametrize("page", [at("yard", 3)], indirect=True)
def test_what_is_damaged_is_said_and_playing_goes_on_behind_it(page: Page) -> None:
    told = page.locator(".pass")

    def says(text: str) -> None:
        told.filter(has_text=re.compile(text)).wait_for()
        assert told.get_by_role("link", name="Download this segment").count() == 1

    says(r"Damaged: the bytes of yard_20261101_100004\S+ are not those that were recorded")
    says(r"Damaged: yard_20261101_100008\S+ cannot be played as it is stored")
    says(r"Missing: yard_20261101_100012\S+ is gone from the store")
    found = [mark.utc_ms - T0 for mark in shown_from(page, T0 + 14_500)]
    assert not [ms for ms in found if 8_000 <= ms < 10_000 or 12_000 <= ms < 14_000]
    for number in (2, 3, 5, 7):
        near = (number * LENGTH_MS, (number + 1) * LENGTH_MS)
        assert any(near[0] <= ms < near[1] for ms in found), number


@pytest.mark.full
@pytest.mark.parametrize("page", [at("hall", 1)], indirect=True)
def test_a_link_copied_opens_on_the_same_picture(page: Page, chrome: Browser) -> None:
    shown_from(page, T0 + 1_500)
    paused(page)
    before = shown(page).frame
    for key, step in ((".", 1), (".", 2), (",", 1)):
        page.keyboard.press(key)
        wait_until(
            lambda n=before + step: marks(page)[-1].frame == n,  # type: ignore[misc]
            what=f"{key}: the picture {step} on",
        )
    page.get_by_role("button", name="Copy link to this moment").click()
    page.get_by_text("Link to this moment copied").wait_for()
    with opened(chrome, page.url) as other:
        other.wait_for_selector(".deck video")
        record(other)
        wait_until(lambda: bool(marks(other)), what="a picture")
        assert marks(other)[0].frame == before + 1


@pytest.mark.full
@pytest.mark.parametrize("page", [at("hall", 1, span=600)], indirect=True)
def test_from_a_month_to_ten_seconds(page: Page) -> None:
    line, wide, told = page.locator(".line"), page.locator(".wide"), page.locator(".tip")
    shown_from(page, T0 + 1_200)
    paused(page)
    assert wide.text_content() == "10 min"
    for _ in range(8):
        page.keyboard.press("+")
    assert wide.text_content() == "10 s"
    box = line.bounding_box()
    assert box
    middle = box["width"] / 2
    for _ in range(40):
        line.hover(position={"x": middle, "y": 50})
        page.mouse.wheel(0, 400)
    assert wide.text_content() == "31 d"
    page.get_by_role("button", name="Day", exact=True).click()
    assert wide.text_content() == "1 d"
    line.hover(position={"x": box["width"] - 10, "y": 50})
    told.filter(has_text=re.compile("nothing for 1 d: node down|Loading")).wait_for()
    page.mouse.down()
    page.mouse.move(box["x"] + 10, box["y"] + 50, steps=4)
    page.mouse.up()
    line.hover(position={"x": 5, "y": 50})
    told.filter(has_text="nothing for 1 d: node down").wait_for()


@pytest.mark.full
@pytest.mark.parametrize("page", [at("hall", 6)], indirect=True)
def test_over_a_gap_it_says_what_is_missing_and_goes_on(page: Page) -> None:
    page.get_by_text("Skipped 1 d without footage: node down.").wait_for()
    shown_from(page, T0 + 24 * HOUR_MS + 9_000)
    paused(page)
    page.get_by_label("Go to a date and time").fill("2026-11-01T11:00:02")
    wait_until(lambda: marks(page)[-1].utc_ms < T0 + 8_000, what="the first day's picture")
    page.locator(".deck .stage video").click()  # where keys are for the player again
    page.keyboard.press("ArrowDown")
    event_ms = T0 + 8_000 + 24 * HOUR_MS + 3_000
    wait_until(lambda: at_ms(page) >= event_ms, what="the next event, a day on")


@pytest.mark.full
@pytest.mark.parametrize("page", [at("hall", 2, beside="yard")], indirect=True)
def test_another_camera_beside_it_shows_the_same_moment(page: Page) -> None:
    """Read off both pictures while they play, and after a step back while they stand."""
    other = page.locator(".aside video")
    other.evaluate(RECORDER.replace("window.marks", "window.others"))

    def together() -> bool:
        seen = page.evaluate("[window.marks, window.others].map((marks) => marks.at(-1))")
        found = [parse(bits) for bits in seen if bits]
        if len(found) < 2 or None in found:
            return False
        one, two = (mark.utc_ms for mark in found if mark)
        return one > T0 + 2_500 and abs(one - two) <= 300

    wait_until(together, what="both at the same moment")
    paused(page)
    page.get_by_label("Go to a date and time").fill("2026-11-01T11:00:03")
    wait_until(lambda: abs(marks(page)[-1].utc_ms - (T0 + 3_000)) < 200, what="the picture")
    wait_until(together, what="both, standing")
    assert "beside=yard" in page.url
