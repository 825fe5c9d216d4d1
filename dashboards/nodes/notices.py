"""Notifications, sent from the gateway's process: it has the feed, and the footage's pictures."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from dashboards.api.pictures import best_picture
from dashboards.archive import Archive
from dashboards.nodes.desk import Desk
from flows.notify.notifier import Notifier, notifying
from flows.notify.outbox import Outbox
from flows.site import Following, Site


def notifier(following: Following, desk: Desk) -> Notifier:
    """Of a site as its file says now."""
    from dashboards.access.visitor import Role, Visitor

    whole = Archive(following).seen_by(Visitor("", Role.ADMIN))

    def site() -> Site:
        return following.now

    def picture(event: str) -> bytes:
        return best_picture(whole, event)

    return Notifier(site, desk.feed, Outbox(desk.home, desk.clock), picture)


@contextmanager
def noticed(following: Following, desk: Desk) -> Iterator[None]:
    """Tell people what happens while the body runs."""
    with notifying(notifier(following, desk)):
        yield
