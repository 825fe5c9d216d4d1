"""Settings: for administrators; accounts and keys made and ended, each deed written down."""

from __future__ import annotations

from pathlib import Path

import pytest
import streamlit as st

from dashboards import view
from dashboards.access.access import Access, access_of
from dashboards.access.visitor import LOCAL, Role, Visitor
from edge.clock import SystemClock
from flows.deeds import Deeds
from flows.site import Site
from tests.dashboards.pages import said, shown
from tests.dashboards.test_pages_change import press
from tests.servers.webhook import webhook

MINA = Visitor("mina", Role.ADMIN)


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """An administrator looks; what one test's pages remembered is nothing to the next."""
    looks(monkeypatch, MINA)
    st.cache_data.clear()
    st.cache_resource.clear()


def looks(monkeypatch: pytest.MonkeyPatch, who: Visitor) -> None:
    monkeypatch.setattr(view, "visitor", lambda: who)


@pytest.fixture
def access(site: Site) -> Access:
    """Accounts of an administrator and an operator of one camera."""
    found = access_of(site.home)
    found.users.add("mina", Role.ADMIN)
    found.set_password("mina", "a long enough password")
    found.users.add("joon", Role.OPERATOR, ["gate"])
    return found


def deeds(site: Site) -> list[str]:
    return [f"{one.action} {one.object}" for one in Deeds(site.home, SystemClock()).newest(10)]


def test_it_is_for_administrators(
    site: Site, access: Access, monkeypatch: pytest.MonkeyPatch
) -> None:
    for who in (LOCAL, Visitor("joon", Role.OPERATOR)):
        looks(monkeypatch, who)
        told = said(shown("settings"))
        assert "Settings are for administrators" in told
        assert "mina" not in told


def test_accounts_and_keys_are_for_administrators_of_all_cameras(
    site: Site, access: Access, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks(monkeypatch, Visitor("haru", Role.ADMIN, frozenset({"gate"})))
    told = said(shown("settings"))
    assert "for administrators of all cameras" in told
    assert "mina" not in told
    assert "joon" not in told


def test_an_account_is_added_and_its_link_told_once(site: Site, access: Access) -> None:
    app = shown("settings", "ko-KR")
    app.text_input(key="add-user-name").set_value("seo")
    app.button(key="add-user-now").click().run()
    assert "이 링크를 seo에게" in "".join(one.value for one in app.success)
    [link] = [one.value for one in app.code]
    word = link.partition("?token=")[2]
    assert access.links.find(word) is not None
    assert word not in str(deeds(site))
    app.run()
    assert not app.code
    assert deeds(site) == ["add user seo: viewer, all cameras"]


@pytest.mark.full
def test_what_cannot_be_is_said_and_changes_nothing(site: Site, access: Access) -> None:
    app = shown("settings")
    app.text_input(key="add-user-name").set_value("Not A Name")
    app.button(key="add-user-now").click().run()
    assert "not a name of an account" in said(app)
    app = shown("settings")
    app.button(key="remove-mina").click().run()
    assert "no administrator with all cameras would be left" in said(app)
    assert [user.name for user in access.users.all()] == ["joon", "mina"]
    assert deeds(site) == []


@pytest.mark.full
def test_a_removed_account_and_a_revoked_key_are_gone(site: Site, access: Access) -> None:
    _, word = access.keys.add("wall", Role.VIEWER, ["gate"], by="mina")
    app = shown("settings")
    app.button(key="remove-joon").click().run()
    app.button(key="revoke-wall").click().run()
    assert "joon" not in "".join(one.value for one in app.markdown)
    assert access.keys.find(word) is None
    assert deeds(site) == ["revoke key wall", "remove user joon"]
    press(app, "New password link")
    assert deeds(site)[0] == "make link mina"


@pytest.mark.full
def test_a_test_message_goes_where_the_site_says(
    livecam_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "Nobody is notified yet" in said(shown("settings"))
    st.cache_resource.clear()
    path = tmp_path / "livecam.yaml"
    monkeypatch.setenv("LIVECAM_CONFIG", str(path))
    with webhook("secret") as hook:
        path.write_text(f"notify: ['{hook.url}', 'json://127.0.0.1:9/secret']\n")
        app = press(shown("settings"), "Send a test")
        assert [one["message"] for one in hook.heard] == ["A test of who hears of the whole site."]
    assert [one.value for one in app.success] == ["json: told."]
    assert [one.value for one in app.error] == ["json: it could not be told."]
    assert "secret" not in said(app)
