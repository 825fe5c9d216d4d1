"""What nodes told last, and when they are down."""

from __future__ import annotations

from pathlib import Path

import pytest

from dashboards.nodes.book import NodeBook
from edge.home import Home
from edge.serving import token
from edge.serving.beat import Beat
from tests.edge.fake_clock import FakeClock


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def book(livecam_home: Path, clock: FakeClock) -> NodeBook:
    return NodeBook(Home(livecam_home), clock)


def beat(port: int | None = 8000, order: int = 0) -> Beat:
    return Beat(version="1", at_ms=0, port=port, order=order)


def test_a_node_that_was_silent_for_fifteen_seconds_is_down(
    book: NodeBook, clock: FakeClock
) -> None:
    book.take("pi1", beat(), "127.0.0.1")
    clock.advance(15_000)
    assert not book.heard()["pi1"].is_down(clock.utc_ms())
    clock.advance(1)
    assert book.heard()["pi1"].is_down(clock.utc_ms())
    book.take("pi1", beat(), "127.0.0.1")
    assert not book.heard()["pi1"].is_down(clock.utc_ms())


def test_a_nodes_pictures_are_where_its_heartbeats_come_from(
    book: NodeBook, clock: FakeClock, livecam_home: Path
) -> None:
    assert book.address("pi1") is None
    book.take("pi1", beat(8003), "192.0.2.7")
    book.take("pi2", beat(8003), "::1")
    book.take("pi3", beat(None), "192.0.2.9")
    found = book.address("pi1")
    assert found is not None
    assert found.url == "http://192.0.2.7:8003"
    assert found.token == token.read(Home(livecam_home), "pi1")
    assert found.token != token.read(Home(livecam_home), "pi2")
    assert found.token not in repr(found)
    assert getattr(book.address("pi2"), "url", None) == "http://[::1]:8003"
    assert book.address("pi3") is None
    clock.advance(15_001)
    assert book.address("pi1") is None


def test_an_order_is_told_until_it_was_carried_out(book: NodeBook) -> None:
    book.order("pi1", "gate", paused=True)
    book.order("pi1", "yard", paused=True)
    book.order("pi1", "gate", paused=False)
    told = book.take("pi1", beat(), "127.0.0.1")
    assert [(one.camera, one.paused) for one in told] == [("yard", True), ("gate", False)]
    assert book.take("pi1", beat(order=told[0].number), "127.0.0.1") == told[1:]
    assert book.take("pi1", beat(order=told[1].number), "127.0.0.1") == ()
    book.order("pi1", "gate", paused=True)
    assert book.take("pi1", beat(order=told[1].number), "127.0.0.1")[0].number > told[1].number


def test_what_was_heard_outlives_the_gateway(book: NodeBook, livecam_home: Path) -> None:
    book.take("pi1", beat(), "127.0.0.1")
    again = NodeBook(Home(livecam_home), FakeClock())
    assert again.heard() == book.heard()
    again.forget("pi1")
    assert book.heard() == {}
