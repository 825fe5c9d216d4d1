"""Health's part on nodes: which configuration each records by; and whether people are told."""

from __future__ import annotations

import streamlit as st

from dashboards import view
from dashboards.nodes.book import Heard
from dashboards.nodes.desk import desk_of
from dashboards.words import times
from dashboards.words.common import Common
from dashboards.words.health import Health
from dashboards.words.nodes import Nodes as Words
from flows.notify.outbox import Outbox
from flows.site import Site


def show() -> None:
    """Of nodes that beat; to who may see all cameras, whose figures these are."""
    site = view.site()
    if site.only is not None:
        return
    heard = [one for name, one in desk_of(site).book.heard().items() if name in site.settings.nodes]
    if heard:
        newest = desk_of(site).versions.newest()
        version = newest.number if newest else 0
        now_ms = site.clock.utc_ms()
        st.subheader(Words.TITLE())
        rows = [_row(one, version, now_ms) for one in heard]
        st.table(rows, border="horizontal", hide_index=True)
    _told(site)


def _row(one: Heard, newest: int, now_ms: int) -> dict[str, str]:
    comes = sum(bool(camera.fps) for camera in one.beat.cameras.values())
    some = Health.SOME_OF(some=comes, all=len(one.beat.cameras))
    return {
        "": ":red[●]" if one.is_down(now_ms) else ":green[●]",
        Common.NODE(): one.node,
        Health.HEARTBEAT(): times.ago(one.age_ms(now_ms)),
        Words.CAMERAS(): some if one.beat.cameras else "",
        Words.CONFIGURATION(): _configuration(one, newest),
        Words.VERSION(): one.beat.version,
    }


def _configuration(one: Heard, newest: int) -> str:
    applied = one.beat.config
    if applied.trouble:
        return f":red[{applied.trouble}]"
    if applied.version is None:
        return Words.UNKNOWN()
    if applied.version == newest:
        return Words.NEWEST(version=newest)
    return Words.OLDER(version=applied.version, newest=newest)


def _told(site: Site) -> None:
    found = Outbox(site.home, site.clock).counted()
    if found.trouble:
        facts = {"trouble": found.trouble, "waiting": found.waiting, "failed": found.failed}
        st.warning(Words.NOT_TOLD(**facts), icon=":material/notifications_off:")
