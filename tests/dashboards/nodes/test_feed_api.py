"""The feed by HTTP and WebSocket: to those who may know, and nothing missed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect
from websockets.sync.connection import Connection

from dashboards.access.access import Access
from dashboards.access.visitor import Role
from dashboards.nodes.desk import Desk, desk_of
from flows.feed import About, Kind
from tests.dashboards.doors import accounts, door
from tests.flows.stage_site import folder_site


@dataclass
class There:
    address: str
    access: Access
    desk: Desk

    def headers(self, name: str, cameras: list[str] | None = None) -> dict[str, str]:
        _, word = self.access.keys.add(name, Role.VIEWER, cameras)
        return {"Authorization": f"Bearer {word}"}

    def listen(self, headers: dict[str, str], since: str = "") -> Connection:
        query = f"?since={since}" if since else ""
        url = f"{self.address.replace('http', 'ws')}/ws/events{query}"
        return connect(url, additional_headers=headers, proxy=None)

    def feed(self, headers: dict[str, str], **query: Any) -> httpx.Response:
        url = f"{self.address}/api/v1/feed"
        return httpx.get(url, headers=headers, params=query, trust_env=False)


@pytest.fixture
def there(tmp_path: Path) -> Iterator[There]:
    site = folder_site(tmp_path / "home", {"cameras": {"gate": {"source": "scene:"}}})
    access = accounts(site)
    with door(site) as address:
        yield There(address, access, desk_of(site))


def heard(socket: Connection) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(socket.recv(timeout=60))
    return found


def test_who_listens_hears_what_they_may_and_nothing_else(there: There) -> None:
    feed, bell = there.desk.feed, there.desk.bell
    feed.tell(Kind.EVENT, ["gate"], label="before")
    with (
        there.listen(there.headers("all")) as everybody,
        there.listen(there.headers("some", ["gate"])) as some,
    ):
        assert heard(everybody)["kind"] == heard(some)["kind"] == "ready"
        feed.tell(Kind.EVENT, ["yard"], label="person")
        feed.judge(About.STORE, "store", "it is away")
        feed.tell(Kind.EVENT, ["gate"], label="person", score=0.9)
        bell.ring()
        seen = [heard(everybody) for _ in range(3)]
        assert [one["kind"] for one in seen] == ["event", "store_down", "event"]
        (only,) = [heard(some)]
        assert only == seen[2]
        assert only["camera"] == "gate"


def test_who_comes_back_hears_what_they_missed(there: There) -> None:
    headers, feed = there.headers("all"), there.desk.feed
    with there.listen(headers) as socket:
        since = heard(socket)["since"]
        feed.tell(Kind.EVENT, ["gate"], number=1)
        there.desk.bell.ring()
        since = heard(socket)["id"]
    for number in (2, 3):
        feed.tell(Kind.EVENT, ["gate"], number=number)
    with there.listen(headers, since) as socket:
        assert heard(socket) == {"kind": "ready", "since": since}
        assert [heard(socket)["number"] for _ in range(2)] == [2, 3]
    page = there.feed(headers, since=since, limit=1).json()
    assert [one["number"] for one in page["feed"]] == [2]
    rest = there.feed(headers, since=page["next"]).json()
    assert [one["number"] for one in rest["feed"]] == [3]
    assert there.feed(headers, since=rest["next"]).json() == {"feed": [], "next": rest["next"]}


def test_programs_see_what_their_key_may(there: There) -> None:
    there.desk.feed.tell(Kind.EVENT, ["yard"], label="person")
    assert there.feed(there.headers("some", ["gate"])).json() == {"feed": [], "next": None}
    assert len(there.feed(there.headers("all")).json()["feed"]) == 1
    assert there.feed({}).status_code == 401
    assert there.feed(there.headers("other"), since="../..").status_code == 400


def test_a_listener_ends_with_its_key(there: There) -> None:
    headers = there.headers("all")
    with there.listen(headers) as socket:
        heard(socket)
        there.access.keys.revoke("all")
        with pytest.raises(ConnectionClosed):
            socket.recv(timeout=30)
