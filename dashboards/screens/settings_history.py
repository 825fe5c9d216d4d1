"""The part of Settings about what was: configurations that were in force, and who did what."""

from __future__ import annotations

import streamlit as st

from dashboards import view
from dashboards.words import times
from dashboards.words.common import Common
from dashboards.words.settings import Settings as Words
from dashboards.words.settings import Versions
from edge.clock import SystemClock
from flows.config_file.versions import Versions as Kept
from flows.deeds import Deeds

SHOWN = 100


def versions() -> None:
    """Every configuration that was in force, the newest first."""
    found = Kept(view.site().home, SystemClock()).before(limit=SHOWN)
    st.caption(Versions.EXPLAINED())
    if not found:
        st.subheader(Versions.NONE())
        return
    where = view.zone()
    rows = [
        {
            Versions.NUMBER(): f"{one.number}",
            Common.WHEN(): times.moment(one.at_ms, where),
            Words.WHO(): view.plain(one.who) or Versions.BY_HAND(),
            Words.WHY(): view.plain(one.why),
        }
        for one in found
    ]
    st.table(rows, border="horizontal", hide_index=True)


def deeds() -> None:
    """The newest of the log of deeds."""
    found = Deeds(view.site().home, SystemClock()).newest(SHOWN)
    st.caption(Versions.CHAIN())
    if not found:
        st.subheader(Versions.NO_DEEDS())
        return
    where = view.zone()
    rows = [
        {
            Common.WHEN(): times.moment(one.at_ms, where),
            Words.WHO(): view.plain(one.who) or Versions.NOBODY(),
            Versions.ACTION(): view.plain(one.action) + (f" ×{one.times}" * (one.times > 1)),
            Versions.OBJECT(): view.plain(one.object),
            Versions.OUTCOME(): view.plain(one.outcome),
            Versions.ADDRESS(): view.plain(one.address),
        }
        for one in found
    ]
    st.table(rows, border="horizontal", hide_index=True)
