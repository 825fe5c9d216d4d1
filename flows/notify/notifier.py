"""Sends what the feed tells to whoever is to know: one thread, through restarts of the gateway."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from pydantic import SecretStr

from edge.errors import LivecamError, Retryable
from flows.feed import Feed
from flows.notify.outbox import Outbox, Waiting
from flows.notify.send import digest_of, send
from flows.notify.words import Words, words
from flows.settings import FlowSettings
from flows.site import Site

log = logging.getLogger(__name__)

EVERY_S = 1.0
Send = Callable[[SecretStr, Words, bytes | None], None]
Picture = Callable[[str], bytes]  # of an event; raises LivecamError


class Notifier:
    """`site` answers the site as it is configured now; `picture` an event's picture."""

    def __init__(
        self,
        site: Callable[[], Site],
        feed: Feed,
        outbox: Outbox,
        picture: Picture,
        send: Send = send,
    ) -> None:
        self._site, self._feed, self._outbox = site, feed, outbox
        self._picture, self._send = picture, send

    def tick(self) -> None:
        """Take what is new, and send what is due."""
        settings = self._site().settings
        while self._outbox.fill(self._feed, settings):
            pass
        for one in self._outbox.due():
            self._one(one, settings)

    def _one(self, one: Waiting, settings: FlowSettings) -> None:
        address, zone = _address(one, settings)
        if address is None:
            self._outbox.drop(one)
            return
        said = words(one.told, settings.site, zone)
        try:
            self._send(address, said, self._jpeg(said))
        except LivecamError as error:
            if one.attempts == 0:
                log.warning("a notification is not sent yet: %s", error.message)
            self._outbox.failed(one, error.message, again=isinstance(error, Retryable))
        else:
            self._outbox.sent(one)

    def _jpeg(self, said: Words) -> bytes | None:
        if not said.event:
            return None
        try:
            return self._picture(said.event)
        except LivecamError as error:  # words alone are better than nothing
            log.info("an event's picture cannot be had: %s", error)
            return None


def _address(one: Waiting, settings: FlowSettings) -> tuple[SecretStr | None, str]:
    """The address with that digest, wherever the file has it now, and the zone beside it."""
    for chosen in (settings.notify, *settings.camera_notify.values()):
        for url in chosen.urls:
            if digest_of(url) == one.address:
                return url, chosen.time_zone
    return None, ""


@contextmanager
def notifying(notifier: Notifier) -> Iterator[None]:
    """Notify in a thread while the body runs."""
    stop = threading.Event()

    def run() -> None:
        while not stop.wait(EVERY_S):
            try:
                notifier.tick()
            except LivecamError as error:
                log.warning("notifications wait: %s", error)
            except Exception:
                log.exception("notifications cannot be made")

    threading.Thread(target=run, daemon=True).start()
    try:
        yield
    finally:
        stop.set()
