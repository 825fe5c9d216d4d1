"""Who is told what and when: each thing once, with its end; in quiet hours nothing."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from edge.clock import from_iso
from edge.errors import BadSettings, ObjectMissing, Retryable
from edge.home import Home
from flows import settings
from flows.feed import About, Feed
from flows.notify.notifier import Notifier
from flows.notify.outbox import Outbox
from flows.notify.words import Words
from flows.site import Site, open_site
from tests.edge.fake_clock import FakeClock

DAY = from_iso("2026-11-01T12:00:00Z")
CAMERAS = {name: {"source": "scene:"} for name in ("gate", "yard")}


@dataclass
class There:
    """A site whose notifications are written down instead of sent."""

    home: Home
    document: dict[str, Any]
    clock: FakeClock = field(default_factory=lambda: FakeClock(DAY))
    heard: list[tuple[str, str]] = field(default_factory=list)
    pictures: list[bytes | None] = field(default_factory=list)
    away: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.feed = Feed(self.home, self.clock)
        self.start()
        self.tick()

    def start(self) -> None:
        self.outbox = Outbox(self.home, self.clock)
        self.notifier = Notifier(self.site, self.feed, self.outbox, self.picture, self.send)

    def site(self) -> Site:
        return open_site(settings.parse({"cameras": CAMERAS, **self.document}), self.home)

    def picture(self, event: str) -> bytes:
        if event == "lost":
            raise ObjectMissing("it is gone")
        return event.encode()

    def send(self, address: SecretStr, words: Words, jpeg: bytes | None) -> None:
        url = address.get_secret_value()
        if url in self.away:
            raise Retryable("json: it could not be told")
        if url == "json://wrong":
            raise BadSettings("json: apprise knows no such address")
        self.heard.append((url.removeprefix("json://"), words.title))
        self.pictures.append(jpeg)

    def tick(self, seconds: float = 0) -> None:
        self.clock.advance(round(seconds * 1_000))
        self.notifier.tick()

    def person(self, camera: str = "gate", label: str = "person", event: str = "e") -> None:
        at = self.clock.utc_ms()
        assert self.feed.saw(camera, label, at - 5_000, at - 4_000, event=event)
        self.tick()

    def camera(self, trouble: str | None) -> None:
        self.feed.judge(About.CAMERA, "gate", trouble, ["gate"], node="local")
        self.tick()


def there(home: Path, notify: Any = ("json://a",), **more: Any) -> There:
    return There(
        Home(home), {"notify": list(notify) if isinstance(notify, tuple) else notify, **more}
    )


def test_a_person_is_told_with_a_picture_and_then_not_for_a_while(livecam_home: Path) -> None:
    site = there(livecam_home)
    site.person(event="e1")
    assert site.heard == [("a", "Person at gate")]
    assert site.pictures == [b"e1"]
    site.clock.advance(30_000)
    site.person()
    site.person("yard", event="lost")
    site.person("gate", "car")
    site.clock.advance(31_000)
    site.person()
    assert [title for _, title in site.heard] == [
        "Person at gate",
        "Person at yard",
        "Person at gate",
    ]
    assert site.pictures[1] is None


def test_each_camera_has_addresses_of_its_own_or_the_sites(livecam_home: Path) -> None:
    cameras = {
        "gate": {"source": "scene:", "notify": ["json://gate", "json://both"]},
        "yard": {"source": "scene:", "notify": {"labels": ["car"]}},
        "barn": {"source": "scene:", "notify": []},
    }
    site = there(livecam_home, cameras=cameras)
    site.person("gate")
    site.person("yard")
    site.person("barn")
    site.person("yard", "car")
    site.feed.judge(About.STORE, "store", "away")
    site.tick()
    assert site.heard == [
        ("gate", "Person at gate"),
        ("both", "Person at gate"),
        ("a", "Car at yard"),
        ("a", "The store is down"),
    ]


@pytest.mark.parametrize("about", list(About))
def test_trouble_is_told_once_and_its_end_once(livecam_home: Path, about: About) -> None:
    site = there(livecam_home)
    name = "gate" if about is About.CAMERA else "pi1"
    for trouble in ("away", "away", None, None):
        site.feed.judge(about, name, trouble, ["gate"], node="pi1")
        for _ in range(3):
            site.tick(20)
    assert len(site.heard) == 2
    assert len({title for _, title in site.heard}) == 2


def test_a_camera_that_comes_and_goes_is_told_when_it_stays_away(livecam_home: Path) -> None:
    site = there(livecam_home)
    for _ in range(4):
        site.camera("nothing comes from it")
        site.clock.advance(5_000)
        site.camera(None)
        site.clock.advance(5_000)
    titles = [title for _, title in site.heard]
    assert titles == ["Camera gate is down", "Camera gate is back"]
    site.camera("nothing comes from it")
    site.tick(20)
    assert [title for _, title in site.heard][2:] == ["Camera gate is down"]


def test_in_quiet_hours_trouble_waits_and_persons_are_not_told(livecam_home: Path) -> None:
    site = there(
        livecam_home,
        {"urls": ["json://a"], "quiet": "22:00-07:00", "time_zone": "UTC"},
    )
    site.clock.advance(from_iso("2026-11-01T23:00:00Z") - DAY)
    site.person()
    site.camera("nothing comes from it")
    site.camera(None)  # over before anybody could be told
    site.feed.judge(About.NODE, "pi1", "silent", ["gate"], node="pi1")
    site.tick()
    site.tick(7.9 * 3_600)
    assert site.heard == []
    site.tick(0.2 * 3_600)
    assert site.heard == [("a", "Node pi1 is down")]


def test_what_cannot_be_sent_is_tried_again_and_given_up(livecam_home: Path) -> None:
    site = there(livecam_home, ("json://a", "json://b", "json://wrong"))
    site.away = {"json://a"}
    site.person()
    assert site.heard == [("b", "Person at gate")]
    assert site.outbox.counted().failed == 1  # what is no address is not tried again
    site.tick(4)
    site.away = set()
    site.tick(2)
    assert site.heard[1:] == [("a", "Person at gate")]
    site.away = {"json://a"}
    site.clock.advance(60_000)
    site.person()
    for _ in range(120):
        site.tick(60)
    found = site.outbox.counted()
    assert (found.sent, found.failed, found.waiting) == (3, 3, 0)
    assert found.trouble == "json: it could not be told"
    assert found.trouble_ms is not None


def test_an_end_is_told_after_its_trouble(livecam_home: Path) -> None:
    site = there(livecam_home)
    site.away = {"json://a"}
    site.camera("nothing comes from it")
    site.camera(None)
    site.away = set()
    for _ in range(3):
        site.tick(10)
    assert [title for _, title in site.heard] == ["Camera gate is down", "Camera gate is back"]


def test_after_a_restart_nothing_is_told_twice_and_nothing_is_lost(livecam_home: Path) -> None:
    site = there(livecam_home)
    site.person()
    at = site.clock.utc_ms()
    site.feed.saw("yard", "person", at, at, event="while nobody sent")
    site.clock.advance(3_000_000)
    site.start()
    site.tick()
    site.start()
    site.tick()
    assert [title for _, title in site.heard] == ["Person at gate", "Person at yard"]
    at = site.clock.utc_ms()
    site.feed.saw("yard", "person", at, at, event="an hour ago")
    site.clock.advance(3_600_001)
    site.start()
    site.tick()
    assert len(site.heard) == 2


def test_what_was_before_the_first_notifications_is_no_news(livecam_home: Path) -> None:
    clock = FakeClock(DAY)
    Feed(Home(livecam_home), clock).saw("gate", "person", DAY, DAY, event="e")
    site = there(livecam_home)
    site.tick()
    assert site.heard == []


def test_an_address_that_the_file_has_no_more_is_told_nothing(livecam_home: Path) -> None:
    site = there(livecam_home)
    site.away = {"json://a"}
    site.person()
    site.document["notify"] = ["json://b"]
    site.away = set()
    site.tick(10)
    assert site.heard == []
    assert site.outbox.counted().waiting == 0


def test_no_address_is_written_down(livecam_home: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    site = there(livecam_home, ("json://host/sesame",))
    site.away = {"json://host/sesame"}
    site.person()
    written = b"".join(path.read_bytes() for path in site.home.gateway.iterdir())
    assert b"sesame" not in written
    assert "sesame" not in caplog.text
