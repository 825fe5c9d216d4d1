"""What stands around every page: who looks, that nobody has to log in yet, a store that is down."""

from __future__ import annotations

from html import escape

import streamlit as st

from dashboards import view
from dashboards.access.visitor import Role, Visitor
from dashboards.words import errors
from dashboards.words.common import Trouble, Who

_ROLES = {Role.VIEWER: Who.VIEWER, Role.OPERATOR: Who.OPERATOR, Role.ADMIN: Who.ADMIN}

# Streamlit's own bar has no place for it, and leaves a hand's breadth above everything.
_STYLE = """<style>
.stMainBlockContainer { padding: 4.5rem max(3vw, 1rem) 2rem; }
.st-key-who { position: fixed; top: .65rem; right: 1rem; z-index: 999991; width: auto; }
.st-key-who button { min-height: 2.2rem; padding: 0 .7rem; }
.stElementContainer:has(.livecam-page) { position: absolute; }
.livecam-page { display: none; }
/* A page that reads itself again is not to fade whenever it takes a while. */
.st-key-health [data-stale="true"] { opacity: 1 !important; transition: none !important; }
@media (max-width: 640px) {
  .stMainBlockContainer { padding: 4rem .8rem 2rem; }
  .stElementContainer:has([data-testid="stMetric"]) {
    width: calc(50% - .5rem) !important; min-width: 0 !important;
    flex: 0 0 calc(50% - .5rem) !important;
  }
  [data-testid="stMetric"] { padding: .6rem .8rem !important; }
  [data-testid="stMetricValue"] { font-size: 1.4rem; }
  [data-testid="stMetric"] * { white-space: normal; }
  [data-testid="stTable"] { overflow-x: auto; }
  [data-testid="stTable"] :is(td, th, td *, th *) { white-space: nowrap !important; }
  [data-testid="stMetricDelta"] * { overflow: visible; text-overflow: clip; }
  .livecam-page {
    display: block; position: fixed; top: 1rem; left: 4rem; right: 10rem; z-index: 999991;
    overflow: hidden; text-overflow: ellipsis; white-space: nowrap; font-weight: 600;
  }
  .st-key-who button p { max-width: 6.5rem; overflow: hidden; text-overflow: ellipsis; }
}
</style>"""


def show(title: str) -> None:
    """Draw it; before the page, whose title a phone's bar has no other place for."""
    st.html(_STYLE)
    st.html(f'<div class="livecam-page" aria-hidden="true">{escape(title)}</div>')
    who = view.visitor()
    with st.container(key="who"):
        _who(who)
    if not who.name:
        st.info(Who.OPEN(), icon=":material/lock_open:")
    down = view.trouble()
    if down is not None:
        # Whoever only looks can do nothing about an address.
        why = errors.said(down) if not who.name or who.role.may(Role.ADMIN) else ""
        st.warning(f"{Trouble.STORE()} {why}", icon=":material/cloud_off:")


def _who(who: Visitor) -> None:
    with st.popover(who.name or Who.NOBODY(), icon=":material/account_circle:", type="tertiary"):
        few = who.cameras is not None
        sees = Who.SOME_CAMERAS(count=len(who.cameras or ())) if few else Who.ALL_CAMERAS()
        st.markdown(f"**{who.name or Who.NOBODY()}**  \n{_ROLES[who.role]()} · {sees}")
        if who.name:
            # Streamlit's own links open another tab, and this one would stay logged in to look at.
            ways = (("/account", Who.ACCOUNT()), ("/logout", Who.LOG_OUT()))
            for where, text in ways:
                st.html(f'<a href="{where}" target="_self">{text}</a>')
