"""The part of Settings about notifications: who is told, tried by a button."""

from __future__ import annotations

import streamlit as st

from dashboards import view
from dashboards.words import errors
from dashboards.words.notify import Notify
from edge.errors import LivecamError
from flows.notify.send import send, service_of
from flows.notify.settings import NotifySettings
from flows.notify.words import Words as Message


def show() -> None:
    """The tab. What an address is nobody is told, since most hold a password."""
    site = view.site()
    whole = [""] if view.visitor().cameras is None else []
    named = {name: _of(name) for name in [*whole, *site.cameras]}
    told = {name: chosen for name, chosen in named.items() if chosen.urls}
    if not told:
        st.subheader(Notify.NOBODY())
        st.markdown(Notify.HOW())
        return
    spelled = {name: _spelled(name, chosen) for name, chosen in told.items()}
    name = st.selectbox(Notify.WHOM(), [*told], format_func=spelled.__getitem__, key="notify-whom")
    if st.button(Notify.TEST(), icon=":material/send:"):
        _try(told[name], name)


def _of(name: str) -> NotifySettings:
    settings = view.site().settings
    return settings.notify_for(name) if name else settings.notify


def _spelled(name: str, chosen: NotifySettings) -> str:
    return f"{name or Notify.WHOLE_SITE()} ({Notify.ADDRESSES(count=len(chosen.urls))})"


def _try(chosen: NotifySettings, name: str) -> None:
    text = Notify.TEXT(what=name or Notify.WHOLE_SITE())
    said = Message(f"Livecam · {view.site().settings.site}", text)
    for url in chosen.urls:
        service = service_of(url)
        try:
            with st.spinner(service):
                send(url, said)
        except LivecamError as error:
            st.error(errors.said(error))
        else:
            st.success(Notify.TOLD(service=service))
