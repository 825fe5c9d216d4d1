"""A person that a fold finds reaches a real webhook with the picture; each trouble once."""

from __future__ import annotations

import base64
import logging
from dataclasses import replace
from functools import partial
from pathlib import Path
from time import monotonic

import pytest

from dashboards.nodes.desk import desk_of
from dashboards.nodes.notices import notifier
from dashboards.nodes.watch import Watch, watching
from edge.clock import SystemClock
from flows.notify.notifier import notifying
from flows.notify.outbox import Outbox
from flows.site import Following
from infra.waiting import wait_until
from tests.dashboards import footage
from tests.edge.fake_clock import FakeClock
from tests.flows.stage_site import folder_site
from tests.servers.webhook import Webhook, webhook


def test_a_person_is_told_with_the_picture(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with webhook("sesame") as hook:
        document = {"cameras": {"gate": {"source": "scene:"}}, "notify": [hook.url]}
        site = replace(folder_site(tmp_path / "home", document), clock=FakeClock())
        desk, following = desk_of(site), Following(site)
        watch, sender = Watch(following, desk), notifier(following, desk)
        sender.tick()
        made = footage.store(site, "gate", site.clock.utc_ms() - 5_000, 2)
        site.clock.sleep(1)
        footage.event(site, made, made.start_ms, made.end_ms + 10_000)
        watch.slow()
        hook.status = 503
        sender.tick()
        assert Outbox(site.home, site.clock).counted().trouble == "json: it could not be told"
        hook.status = 200
        site.clock.sleep(5)
        sender.tick()
        sender.tick()
        (heard,) = hook.heard
        assert heard["title"] == "Person at gate"
        (attached,) = heard["attachments"]
        mark = footage.mark_of(base64.b64decode(attached["base64"]))
        assert mark is not None
        assert mark.utc_ms == made.start_ms
    assert "sesame" not in caplog.text


@pytest.mark.full
def test_how_long_a_person_takes_to_be_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with webhook() as hook:
        chosen = {"urls": [hook.url], "cooldown": 0}
        document = {"cameras": {"gate": {"source": "scene:"}}, "notify": chosen}
        site = replace(folder_site(tmp_path / "home", document), clock=SystemClock())
        desk, following = desk_of(site), Following(site)
        sender = notifier(following, desk)
        sender.tick()
        made, took = footage.store(site, "gate", site.clock.utc_ms() - 5_000, 2), []
        with watching(following, desk), notifying(sender):
            for number in range(10):
                at, began = site.clock.utc_ms() + 60_000 * number, monotonic()
                footage.event(site, made, at, at + 1_000)
                count = number + 1
                wait_until(partial(heard, hook, count), what="the notification")
                took.append(hook.at[-1] - began)
    assert all(one["attachments"] for one in hook.heard)
    with capsys.disabled():
        print("\nfrom a folded event to the webhook:", *(f"{one:.1f} s" for one in sorted(took)))  # noqa: T201


def heard(hook: Webhook, count: int) -> bool:
    return len(hook.heard) >= count
