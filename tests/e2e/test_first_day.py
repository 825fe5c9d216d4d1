"""The first day with a site: from the link that `up` prints to footage shared with a viewer.

Everything is real: `livecam up` with a MinIO of its own, Prefect, two drawn cameras, Chromium.
"""

from __future__ import annotations

import hashlib
import io
import re
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import av
import polars as pl
import pytest

from edge.clock import to_iso, to_ms
from edge.home import Home
from flows.catalogue import read
from flows.config_file import whole as config
from flows.site import Site, open_site
from infra.waiting import wait_until
from tests.e2e.command import beside, run, up
from tests.e2e.screen import at_ms, marks, record
from tests.servers.process import free_port

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

PASSWORD, OTHER = "a walker in the yard 7", "only the gate is mine 8"
EXPORTED_S, SIGNED_S = 90, 60
PAUSED = pl.duration(seconds=5)
# What each page shows once it is there; where the gap is, of the ones that show a time.
PAGES = {
    "review": ".card img",
    "live": ".tile img",
    "playback?camera=gate&span=600&at={gap}": ".deck >> text=person",
    "search": ".card img",
    "exports": "text=Download all",
    "holds": "text=a first hold",
    "coverage": ".hours tbody a",
    "retention": "text=Room lasts",
    "health": ".hours tbody a",
    "settings": "text=Log of deeds",
}
# Whether all that is on the screen has come; what is below it comes when it is scrolled to.
_DRAWN = """
(all) => all.every((one) => {
  const { top, width } = one.getBoundingClientRect();
  const there = one.readyState >= 2 || (one.complete && one.naturalWidth > 0);
  return there || !width || top > innerHeight;
})
"""
SETTLED = "[data-testid=stApp][data-test-script-state=notRunning]"
CAMERAS = ("gate", "yard")
CONFIGURATION = """\
store: {{kind: s3}}
prefect: {{api: "http://127.0.0.1:{port}/api"}}
record: {{segment: 10s}}
cameras:
  gate: {{source: "scene:?fps=10&size=640x360"}}
  yard: {{source: "scene:?fps=10&size=640x360"}}
"""
# The signature of a presigned address, a session's token, a password.
_SIGNED = re.compile(rb"X-Amz-Signature=[0-9a-f]{16}")


@pytest.fixture
def home(livecam_home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    text = CONFIGURATION.format(port=free_port())
    with beside(livecam_home, text, monkeypatch) as found:
        yield found


@pytest.mark.full
@pytest.mark.timeout(900)
def test_a_first_day(home: Path, browser: Browser, tmp_path: Path) -> None:
    with up(home) as running:
        address = running.addresses()["app"]
        site = open_site(config.load().flows, Home(home))
        anna = browser.new_context(viewport={"width": 1440, "height": 900}, accept_downloads=True)
        page = _page(anna)
        _becomes_administrator(page, running.setup(), address)
        _sees_live(page, address)
        gap_ms = _makes_a_gap(home, site)
        _reviews(page, address)
        _plays_on(page, address, gap_ms)
        _exports(page, address, site, tmp_path / "all.zip")
        link = _shares(page, address, gap_ms)
        _holds(home, gap_ms)
        _looks_at_each(page, address, gap_ms, tmp_path)
        secrets = [PASSWORD, OTHER, *_tokens(anna), _word(running.setup())]
        secrets += _viewer_sees_one(browser, home, address, link)
        anna.close()
        _says_no_secret(home, secrets)


def _page(context: BrowserContext) -> Page:
    page = context.new_page()
    page.set_default_timeout(60_000)
    return page


def _becomes_administrator(page: Page, link: str, address: str) -> None:
    page.goto(link)
    _sets_password(page, PASSWORD, name="anna")
    page.wait_for_url(f"{address}/")
    page.get_by_text("anna").wait_for()
    page.goto(link)
    assert "anna" not in page.inner_text("main")  # it was for once


def _sets_password(page: Page, password: str, name: str = "") -> None:
    """By a one-time link; logs in where it is asked to."""
    if name and page.locator("input[name=name]").is_editable():
        page.locator("input[name=name]").fill(name)
    for field in page.locator("input[type=password]").all():
        field.fill(password)
    page.locator("form button").click()


def _sees_live(page: Page, address: str) -> None:
    page.goto(f"{address}/live")
    page.locator(".tile img").nth(1).wait_for()
    page.get_by_text("gate", exact=True).first.click()
    page.locator(".stage.moving").wait_for()
    moving = page.locator(".live video")
    began = moving.evaluate("(video) => video.currentTime")
    wait_until(
        lambda: moving.evaluate("(video) => video.currentTime") > began + 1,
        what="a moving picture",
    )


def _makes_a_gap(home: Path, site: Site) -> int:
    """Pause both cameras for a while, once there is something to play; when it began (ms)."""
    wait_until(lambda: _recorded_s(site) > 20, seconds=240, what="the first footage")
    for camera in CAMERAS:
        assert run(home, "cameras", "pause", camera).returncode == 0
    began = time.monotonic()
    wait_until(lambda: time.monotonic() - began > 6, what="some seconds unrecorded")
    for camera in CAMERAS:
        assert run(home, "cameras", "resume", camera).returncode == 0
    lasts_s = EXPORTED_S + SIGNED_S + 30
    wait_until(lambda: _recorded_s(site) > lasts_s, seconds=420, what="enough footage")
    wait_until(lambda: _paused_ms(site), what="the gap in the catalogue")
    return _paused_ms(site)[0]


def _paused_ms(site: Site) -> list[int]:
    """When pauses of the gate began."""
    gaps = read.gaps(site, "gate").filter(pl.col("end_utc") - pl.col("start_utc") >= PAUSED)
    return [to_ms(start) for start in gaps["start_utc"]]


def _recorded_s(site: Site) -> float:
    found = [read.segments(site, one, columns=("media_ms",))["media_ms"].sum() for one in CAMERAS]
    return float(min(found)) / 1_000


def _reviews(page: Page, address: str) -> None:
    page.goto(f"{address}/")
    page.locator(".cards .card").first.wait_for()
    page.get_by_role("button", name=re.compile("Mark .* as reviewed")).click()
    page.get_by_role("button", name="Undo").wait_for()


def _plays_on(page: Page, address: str, gap_ms: int) -> None:
    """Over the gap and segments' ends, for longer than any signed address lives."""
    at = to_iso(gap_ms - 8_000)
    page.goto(f"{address}/playback?camera=gate&at={at}")
    page.locator(".deck video").wait_for()
    record(page)
    _scrubs(page)
    began = time.monotonic()
    wait_until(
        lambda: time.monotonic() - began > SIGNED_S + 10, seconds=SIGNED_S + 30, what="a minute"
    )
    shown = [mark.utc_ms for mark in marks(page)]
    assert min(shown) < gap_ms
    assert max(shown) > gap_ms + 50_000
    assert at_ms(page) > gap_ms + 50_000


def _scrubs(page: Page) -> None:
    """Rest on the timeline where something was recorded: that moment is shown small."""
    for _ in range(4):
        page.get_by_role("button", name="Show less time").click()
    line, told = page.locator(".line"), page.locator(".tip")
    box = line.bounding_box()
    assert box
    for x in range(0, int(box["width"]), 4):
        line.hover(position={"x": x, "y": 50})
        if " recorded" in (told.text_content() or ""):
            break
    page.locator(".peek").wait_for()


def _exports(page: Page, address: str, site: Site, target: Path) -> None:
    """Ninety seconds of both, downloaded: they play, and their digests are those told."""
    end_ms = min(_newest_ms(site, camera) for camera in CAMERAS)
    asked = f"from={to_iso(end_ms - EXPORTED_S * 1_000)}&to={to_iso(end_ms)}"
    page.goto(f"{address}/exports?camera=gate&camera=yard&{asked}")
    page.get_by_role("button", name="Export", exact=True).click()
    link = page.get_by_role("link", name=re.compile("Download all"))
    link.wait_for(timeout=120_000)
    with page.expect_download() as download:
        link.click()
    download.value.save_as(target)
    with zipfile.ZipFile(target) as held:
        _as_told({Path(name).name: held.read(name) for name in held.namelist()})


def _as_told(files: dict[str, bytes]) -> None:
    sums = [line.split("  ") for line in files["SHA256SUMS"].decode().splitlines()]
    assert all(hashlib.sha256(files[name]).hexdigest() == digest for digest, name in sums)
    films = [name for name in files if name.endswith(".mp4")]
    assert {name.split("_")[0].split("-")[0] for name in films} == set(CAMERAS)
    for name in films:
        with av.open(io.BytesIO(files[name]), "r") as film:
            lasts_s = float(film.duration or 0) / av.time_base
            assert EXPORTED_S - 5 <= lasts_s <= EXPORTED_S + 11  # from the keyframe before


def _newest_ms(site: Site, camera: str) -> int:
    return to_ms(read.segments(site, camera, columns=("end_utc",))["end_utc"].max())  # type: ignore[arg-type]


def _shares(page: Page, address: str, gap_ms: int) -> str:
    """The address of a moment, as it stands in the bar."""
    page.goto(f"{address}/playback?camera=gate&at={to_iso(gap_ms - 8_000)}")
    page.locator(".deck video").wait_for()
    wait_until(lambda: "at=" in page.url, what="the moment in the address")
    return page.url


def _looks_at_each(page: Page, address: str, gap_ms: int, folder: Path) -> None:
    """None of them shows an error; a picture of each is left in `folder`."""
    for path, shown in PAGES.items():
        page.goto(f"{address}/{path.format(gap=to_iso(gap_ms))}")
        page.locator(f"[data-testid=stMain] >> {shown}").first.wait_for()
        page.locator(SETTLED).wait_for()
        wait_until(lambda: _drawn(page), what=path)
        page.locator("[data-testid=stSkeleton]").first.wait_for(state="detached")
        assert page.get_by_text("Page not found").count() == 0
        assert page.locator("[data-testid=stException]").count() == 0
        page.screenshot(path=folder / f"{path.partition('?')[0]}.png")


def _drawn(page: Page) -> bool:
    return bool(page.locator("[data-testid=stMain]").locator("img, video").evaluate_all(_DRAWN))


def _holds(home: Path, gap_ms: int) -> None:
    stretch = ("--from", to_iso(gap_ms - 20_000), "--to", to_iso(gap_ms))
    done = run(home, "hold", "--camera", "gate", *stretch, "--reason", "a first hold")
    assert done.returncode == 0, done.stderr


def _viewer_sees_one(browser: Browser, home: Path, address: str, link: str) -> list[str]:
    """On a phone, as somebody who may see the gate alone; that browser's tokens."""
    done = run(home, "users", "add", "bea", "--role", "viewer", "--cameras", "gate", "--json")
    assert done.returncode == 0, done.stderr
    once = re.search(r"http\S+token=[\w-]+", done.stdout)
    assert once is not None
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True
    )
    page = _page(context)
    page.goto(once[0])
    _sets_password(page, OTHER)
    page.wait_for_url(f"{address}/")
    page.goto(link)
    page.locator(".deck video").wait_for()
    record(page)
    wait_until(lambda: len(marks(page)) > 5, what="the shared moment")
    assert "yard" not in page.inner_text("body")
    page.goto(link.replace("camera=gate", "camera=yard"))
    page.get_by_text("There is no camera").first.wait_for()
    for path in ("segments?camera=yard", "events?camera=yard"):
        [rows] = [v for v in _json(page, path).values() if isinstance(v, list)]
        assert rows == []
    tokens = _tokens(context)
    context.close()
    return [*tokens, _word(once[0])]


def _json(page: Page, path: str) -> dict[str, object]:
    told: dict[str, object] = page.evaluate(f"fetch('/api/v1/{path}').then((a) => a.json())")
    return told


def _tokens(context: BrowserContext) -> list[str]:
    return [c["value"] for c in context.cookies() if len(c["value"]) > 20]


def _word(link: str) -> str:
    return link.rpartition("=")[2]


def _says_no_secret(home: Path, secrets: list[str]) -> None:
    """No log of the run holds a password, a token, a key of the store, a signed address."""
    keys = [path.read_text().strip() for path in Home(home).secrets.rglob("*") if path.is_file()]
    words = {word for text in keys for word in re.findall(r"[\w+/-]{20,}", text)} | set(secrets)
    logs = [path for path in Home(home).logs.rglob("*") if path.is_file()]
    assert logs
    for path in logs:
        data = path.read_bytes()
        assert not _SIGNED.search(data), path
        assert [word for word in words if word.encode() in data] == [], path
