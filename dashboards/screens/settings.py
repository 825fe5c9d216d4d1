"""Settings: cameras, accounts, keys, notifications, and what was changed by whom. For admins."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from dashboards import view
from dashboards.access.visitor import Role
from dashboards.screens import (
    settings_cameras,
    settings_history,
    settings_keys,
    settings_notify,
    settings_users,
)
from dashboards.words.settings import Settings as Words

Tab = tuple[str, Callable[[], None]]


def settings() -> None:
    """The page."""
    who = view.visitor()
    if not who.role.may(Role.ADMIN):
        st.subheader(Words.NOT_YOURS())
        return
    tabs: list[Tab] = [
        (Words.CAMERAS(), settings_cameras.show),
        (Words.NOTIFY(), settings_notify.show),
    ]
    if who.cameras is None:
        tabs += [
            (Words.USERS(), settings_users.show),
            (Words.KEYS(), settings_keys.show),
            (Words.VERSIONS(), settings_history.versions),
            (Words.DEEDS(), settings_history.deeds),
        ]
    else:
        st.caption(Words.NOT_ALL_CAMERAS())
    for tab, (_, show) in zip(st.tabs([title for title, _ in tabs]), tabs, strict=True):
        with tab, view.told(stop=False):
            show()
