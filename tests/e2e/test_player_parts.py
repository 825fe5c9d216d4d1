"""Parts of the player by themselves, in Chromium: time zones, the lens, tiles, speeds."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from dashboards.player import HERE
from dashboards.words import Language
from dashboards.words.player import player_words
from tests.e2e.screen import chromium

if TYPE_CHECKING:
    from playwright.sync_api import Page


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Nothing."""


@pytest.fixture(scope="module")
def files() -> Iterator[str]:
    """The player's files, and no page around them."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(HERE)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def page(files: str) -> Iterator[Page]:
    """A page of nothing that may import them; it speaks as the player does."""
    with chromium() as browser:
        found = browser.new_page()
        found.goto(f"{files}/icon.svg")
        words = player_words(Language.ENGLISH)
        found.evaluate("async (words) => (await import('/words.js')).speak(words)", words)
        yield found


def ran(page: Page, module: str, script: str, given: Any = None) -> Any:
    """What a function `(module, given) => …` answers."""
    call = f"async (given) => ({script})(await import('/{module}.js'), given)"
    return page.evaluate(call, given)


def test_days_of_a_zone_are_as_long_as_they_are(page: Page) -> None:
    told = ran(
        page,
        "time",
        """({ localDay, moment, offset, toInput, fromInput }) => {
          const hours = (text) => {
            const [start, end] = localDay(Date.parse(text), "Europe/Berlin");
            return [new Date(start).toISOString(), (end - start) / 3_600_000];
          };
          const text = "2026-10-25T03:30:00";
          return {
            spring: hours("2026-03-29T10:00:00Z"),
            autumn: hours("2026-10-25T10:00:00Z"),
            back: toInput(fromInput(text, "Europe/Berlin"), "Europe/Berlin"),
            nonsense: fromInput("", "UTC"),
            kolkata: offset(Date.parse("2026-11-01T10:00:00Z"), "Asia/Kolkata") / 60_000,
          };
        }""",
    )
    assert told == {
        "spring": ["2026-03-28T23:00:00.000Z", 23],
        "autumn": ["2026-10-24T22:00:00.000Z", 25],
        "back": "2026-10-25T03:30:00",
        "nonsense": None,
        "kolkata": 330,
    }


def test_marks_stand_on_whole_local_time_across_a_change_of_clocks(page: Page) -> None:
    told = ran(
        page,
        "ruler",
        """({ ticks }) => {
          const [from, to] = ["2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"].map(Date.parse);
          return ticks(from, to, 500, "Europe/Berlin").map(({ ms, text, day }) => [text, day]);
        }""",
    )
    assert told[0] == ["25 Oct", True]
    assert told[-1] == ["26 Oct", True]
    assert [text for text, _ in told[1:-1]] == ["03:00", "06:00", "09:00"] + [
        f"{hour}:00" for hour in (12, 15, 18, 21)
    ]


def test_a_lens_shows_ten_seconds_to_a_month_and_zooms_about_a_moment(page: Page) -> None:
    told = ran(
        page,
        "lens",
        """({ Lens }) => {
          const lens = new Lens();
          lens.show(1e12, 3_600_000);
          const share = (ms) => (ms - lens.from) / lens.wide;
          const before = share(1e12 + 900_000);
          lens.zoom(0.1, 1e12 + 900_000);
          const after = share(1e12 + 900_000);
          lens.zoom(1e-9, 1e12);
          const least = lens.wide;
          lens.zoom(1e9, 1e12);
          return [before, after, least, lens.wide / 86_400_000];
        }""",
    )
    assert told == [0.25, pytest.approx(0.25), 10_000, 31]


def test_tiles_are_fetched_once_and_given_up_when_nobody_looks(page: Page) -> None:
    told = ran(
        page,
        "tiles",
        """async ({ Tiles }) => {
          const asked = [], given_up = [];
          let answer = null;
          const gateway = {
            timeline(camera, from, to, steps, signal) {
              asked.push([from, to, steps]);
              signal.addEventListener("abort", () => given_up.push(from));
              return new Promise((done, fail) => {
                signal.addEventListener("abort", () => fail(new Error("given up")));
                answer = () => done({ from, to });
              });
            },
          };
          const tiles = new Tiles(gateway);
          const until = async (there) => {
            while (!there()) await new Promise((go) => setTimeout(go, 5));
          };
          const hour = 3_600_000;
          tiles.of("gate", 1e12, 1e12 + 31 * 24 * hour, 1000, "line");
          await until(() => asked.length === 2);
          tiles.of("gate", 1e12, 1e12 + 1000, 1000, "line");
          await until(() => given_up.length === 2 && asked.length === 3);
          const changed = new Promise((done) => tiles.addEventListener("change", done));
          answer();
          await changed;
          const pieces = tiles.of("gate", 1e12, 1e12 + 1000, 1000, "line");
          const wider = tiles.of("gate", 1e12 - hour, 1e12 + hour, 100, "line");
          return { steps: asked.map((one) => one[2]), pieces: pieces.length, wider: wider.length };
        }""",
    )
    assert told["steps"][2] == 1024
    assert max(told["steps"]) <= 1024
    # While the right tiles come, what is known of finer ones is drawn.
    assert (told["pieces"], told["wider"]) == (1, 1)


def test_what_cannot_be_decoded_in_time_is_shown_in_jumps(page: Page) -> None:
    told = ran(
        page,
        "pace",
        """({ Pace }) => {
          const film = (rate) => {
            const video = Object.assign(new EventTarget(), { currentTime: 0, readyState: 4 });
            video.pause = () => {};
            let jumped = 0;
            const pace = new Pace(video, (s) => { jumped += s; video.currentTime += s; });
            pace.set(16);
            const begun = performance.now();
            for (let now = begun; now <= begun + 12_000; now += 200) {
              if (!pace.jumping) video.currentTime += 0.2 * rate;
              pace.tick(now);
            }
            return [pace.jumping, jumped > 0, Math.round(pace.real)];
          };
          return { fast: film(16), slow: film(5) };
        }""",
    )
    assert told["fast"] == [False, False, 16]
    assert told["slow"][:2] == [True, True]
    assert told["slow"][2] == pytest.approx(16, abs=1)
