"""The part of Settings about accounts: who there is, what each may, how they get in."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from dashboards import view
from dashboards.access import links
from dashboards.access.access import Access, access_of
from dashboards.access.users import User
from dashboards.access.visitor import Role
from dashboards.words.common import Common, Who
from dashboards.words.settings import Settings as Words
from dashboards.words.settings import Users
from flows import deeds

ROLES = {Role.VIEWER: Who.VIEWER, Role.OPERATOR: Who.OPERATOR, Role.ADMIN: Who.ADMIN}


def show() -> None:
    """The tab."""
    access = access_of(view.site().home)
    _link_made()
    with st.expander(Users.ADD(), icon=":material/person_add:"):
        _add(access)
    found = access.users.all()
    if not found:
        st.subheader(Users.NONE())
    for user in found:
        _one(access, user)


def tell(action: str, what: str) -> None:
    """Write down what whoever looks has done."""
    deeds.tell(view.site().home, view.visitor().name, action, what, address=view.address())


def done(told: str) -> None:
    """Show the page as it is now, and what was done."""
    st.toast(told, icon=":material/check:")
    st.rerun()


def role(key: str, index: int = 0) -> Role:
    """Which role."""
    spelled = {str(one): ROLES[one]() for one in Role}
    words = spelled.__getitem__
    return Role(st.selectbox(Words.ROLE(), [*spelled], index=index, format_func=words, key=key))


def cameras(key: str, had: frozenset[str] | None = None) -> list[str] | None:
    """Which cameras; None are all there are and will be."""
    names = sorted({*view.cameras(), *(had or ())})
    said = Common.ALL_CAMERAS()
    return st.multiselect(Words.SEES(), names, sorted(had or ()), key=key, placeholder=said) or None


def sees(names: frozenset[str] | None) -> str:
    """The same in words."""
    return Words.ALL() if names is None else ", ".join(sorted(names)) or "–"


def _add(access: Access) -> None:
    with st.form("add-user", border=False, clear_on_submit=True):
        name = st.text_input(Words.NAME(), max_chars=63, key="add-user-name")
        chosen, seen = role("add-user-role"), cameras("add-user-cameras")
        if st.form_submit_button(Words.ADD(), type="primary", key="add-user-now"):
            access.users.add(name, chosen, seen)
            tell("add user", f"{name}: {chosen}, {_of(seen)}")
            _make_link(access, name)


def _of(names: Sequence[str] | None) -> str:
    return "all cameras" if names is None else " ".join(names)


def _make_link(access: Access, name: str) -> None:
    """A link for whoever is to set a password; shown once, on the next run."""
    st.session_state["user-link"] = (name, access.links.make(name))
    st.rerun()


def _link_made() -> None:
    made = st.session_state.pop("user-link", None)
    if made is None:
        return
    name, word = made
    base = (st.context.url or "").split("?")[0].removesuffix("/settings").rstrip("/")
    st.success(Users.LINK_IS(name=name), icon=":material/key:")
    st.code(f"{base}{links.PATH}?token={word}", language=None, wrap_lines=True)


def _one(access: Access, user: User) -> None:
    box = st.container(border=True, horizontal=True, vertical_alignment="center")
    marks = [ROLES[user.role](), sees(user.cameras)]
    marks += [Users.SECOND()] * user.second_factor + [Users.NO_PASSWORD()] * (not user.has_password)
    marks += [f":red[{Users.DISABLED()}]"] * user.disabled
    box.markdown(f"**{view.plain(user.name)}**  \n{' · '.join(marks)}", width="stretch")
    if box.button(Users.LINK(), key=f"link-{user.name}", icon=":material/key:"):
        tell("make link", user.name)
        _make_link(access, user.name)
    with box.popover(Users.EDIT(), icon=":material/edit:"):
        _change(access, user)
    with box.popover(Words.REMOVE(), icon=":material/delete:"):
        st.markdown(Users.REMOVE_WHAT(name=view.plain(user.name)))
        if st.button(Words.REMOVE(), key=f"remove-{user.name}", type="primary"):
            access.users.remove(user.name)
            tell("remove user", user.name)
            done(Words.REMOVED())


def _change(access: Access, user: User) -> None:
    with st.form(f"change-{user.name}", border=False):
        chosen = role(f"role-{user.name}", list(Role).index(user.role))
        seen = cameras(f"cameras-{user.name}", user.cameras)
        off = st.checkbox(Users.DISABLE(), user.disabled, key=f"off-{user.name}")
        drop = user.second_factor and st.checkbox(Users.DROP_SECOND(), key=f"drop-{user.name}")
        if st.form_submit_button(Words.SAVE(), type="primary"):
            values = {"role": chosen, "cameras": seen, "disabled": off}
            values |= {"second_factor": False} if drop else {}
            access.users.change(user.name, **values)
            told = f"{user.name}: role {chosen}, cameras {_of(seen)}, disabled {off}"
            tell("change user", told + (", no second factor" if drop else ""))
            done(Words.SAVED())
