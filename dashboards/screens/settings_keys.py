"""The part of Settings about keys: what programs and nodes come in with."""

from __future__ import annotations

import streamlit as st

from dashboards import view
from dashboards.access.access import Access, access_of
from dashboards.access.keys import Key
from dashboards.screens.settings_users import ROLES, cameras, done, role, sees, tell
from dashboards.words import times
from dashboards.words.settings import Keys
from dashboards.words.settings import Settings as Words


def show() -> None:
    """The tab."""
    access = access_of(view.site().home)
    st.caption(Keys.HOW())
    _made()
    with st.expander(Keys.ADD(), icon=":material/add:"):
        _add(access)
    found = access.keys.all()
    if not found:
        st.subheader(Keys.NONE())
    for key in found:
        _one(access, key)


def _made() -> None:
    made = st.session_state.pop("key-made", None)
    if made is not None:
        name, word = made
        st.success(Keys.KEY_IS(name=name), icon=":material/key:")
        st.code(word, language=None)


def _add(access: Access) -> None:
    with st.form("add-key", border=False, clear_on_submit=True):
        name = st.text_input(Words.NAME(), max_chars=63, key="add-key-name")
        chosen, seen = role("add-key-role"), cameras("add-key-cameras")
        if st.form_submit_button(Words.ADD(), type="primary", key="add-key-now"):
            key, word = access.keys.add(name, chosen, seen, by=view.visitor().name)
            tell("add key", f"{key.name}: {key.role}")
            st.session_state["key-made"] = (key.name, word)
            st.rerun()


def _one(access: Access, key: Key) -> None:
    box = st.container(border=True, horizontal=True, vertical_alignment="center")
    may = Keys.OF_NODE(node=key.node) if key.node else f"{ROLES[key.role]()} · {sees(key.cameras)}"
    made = f"{view.plain(key.made_by)} {times.moment(key.made_ms, view.zone())}"
    box.markdown(f"**{view.plain(key.name)}** · {may}  \n:gray[{made}]", width="stretch")
    with box.popover(Keys.REVOKE(), icon=":material/key_off:"):
        st.markdown(Keys.REVOKE_WHAT(name=view.plain(key.name)))
        if st.button(Keys.REVOKE(), key=f"revoke-{key.name}", type="primary"):
            access.keys.revoke(key.name)
            tell("revoke key", key.name)
            done(Keys.REVOKED())
