"""`livecam users` and `livecam keys`, and the link that `up` prints."""

from __future__ import annotations

import json
import os
from pathlib import Path

import click
import pytest
from argon2.profiles import CHEAPEST
from click.testing import CliRunner

from dashboards.access.access import Access, access_of
from dashboards.access.passwords import Passwords
from dashboards.access.visitor import Role, Visitor
from edge.errors import BadName, BadSettings, ObjectExists, ObjectMissing
from edge.home import Home
from infra.cli import up
from infra.cli.keys import keys
from infra.cli.users import users
from infra.stack.site import Addresses

PASSWORD = "correct horse battery"
FOUND = Addresses("http://127.0.0.1:8080", None, None)


def run(command: click.Command, *words: str) -> str:
    """Standard output of a command that succeeds; its error otherwise."""
    result = CliRunner().invoke(command, words, standalone_mode=False)
    if result.exception:
        raise result.exception
    return result.stdout


@pytest.fixture
def access(livecam_home: Path) -> Access:
    found = access_of(Home(livecam_home))
    found.passwords = found.links._passwords = Passwords(CHEAPEST)
    return found


def word_of(link: str) -> str:
    return link.strip().rpartition("?token=")[2]


def test_an_account_is_made_by_its_link(access: Access) -> None:
    told = json.loads(run(users, "add", "bea", "--role", "operator", "--cameras", "gate", "--json"))
    assert (told["role"], told["cameras"], told["has_password"]) == ("operator", ["gate"], False)
    assert access.links.use(word_of(told["link"]), "", PASSWORD) == "bea"
    assert access.users.get("bea").visitor == Visitor("bea", Role.OPERATOR, frozenset({"gate"}))
    with pytest.raises(ObjectExists):
        run(users, "add", "bea")
    with pytest.raises(BadName):
        run(users, "add", "Bea")


def test_a_link_makes_the_first_account_and_sets_a_password_anew(access: Access) -> None:
    assert access.links.use(word_of(run(users, "link")), "anna", PASSWORD) == "anna"
    with pytest.raises(BadSettings, match="already"):
        run(users, "link")
    _, token = access.sessions.open("anna")
    assert access.links.use(word_of(run(users, "link", "anna")), "", PASSWORD + "2") == "anna"
    assert access.visitor_of({"livecam": token}, None) is None
    with pytest.raises(ObjectMissing):
        run(users, "link", "nobody")


def test_accounts_are_changed_listed_and_removed(access: Access) -> None:
    access.links.use(access.links.make(), "anna", PASSWORD)
    run(users, "add", "bea")
    changed = json.loads(run(users, "change", "bea", "--role", "admin", "--disable", "--json"))
    assert (changed["role"], changed["disabled"]) == ("admin", True)
    assert json.loads(run(users, "change", "bea", "--enable", "--json"))["disabled"] is False
    rows = [json.loads(line) for line in run(users, "list", "--json").splitlines()]
    assert [row["name"] for row in rows] == ["anna", "bea"]
    assert "no password yet" in run(users, "list")
    run(users, "remove", "bea")
    with pytest.raises(BadSettings, match="administrator"):
        run(users, "remove", "anna")
    with pytest.raises(click.UsageError):
        run(users, "change", "anna")


def test_a_key_is_printed_once_and_ends_when_revoked(access: Access) -> None:
    word = run(keys, "add", "wall", "--cameras", "gate").strip()
    found = access.visitor_of({}, f"Bearer {word}")
    assert found == Visitor("key:wall", Role.VIEWER, frozenset({"gate"}))
    node = json.loads(run(keys, "add", "pi1", "--node", "pi1", "--json"))
    assert access.visitor_of({}, f"Bearer {node['key']}") == Visitor(
        "key:pi1", Role.VIEWER, frozenset(), "pi1"
    )
    assert word not in run(keys, "list", "--json")
    run(keys, "revoke", "wall")
    assert access.visitor_of({}, f"Bearer {word}") is None
    with pytest.raises(click.UsageError):
        run(keys, "add", "x", "--node", "pi1", "--role", "admin")


def test_all_of_it_is_in_the_log(access: Access) -> None:
    run(users, "add", "bea")
    run(users, "remove", "bea")
    run(keys, "add", "wall")
    found = access.deeds.newest(9)
    assert [deed.action for deed in found] == ["add key", "remove user", "add user"]
    assert all(deed.who.startswith("cli:") for deed in found)
    assert access.deeds.verify() == (3, None)


def test_up_prints_the_first_link_as_long_as_there_is_no_account(
    access: Access, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    up._show(FOUND, as_json=True)
    told = json.loads(capfd.readouterr().out)
    assert told["addresses"]["app"] == FOUND.app
    assert told["setup"].startswith("http://127.0.0.1:8080/setup?token=")
    assert access.links.use(word_of(told["setup"]), "anna", PASSWORD) == "anna"
    up._show(FOUND, as_json=True)
    assert "setup" not in json.loads(capfd.readouterr().out)


def test_a_link_is_not_written_into_the_log_of_one_detached(
    access: Access, livecam_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = Home(livecam_home).logs / up.LOG
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as log:
        monkeypatch.setattr("sys.stdout", log)
        up._show(FOUND, as_json=False)
    assert "Livecam" in path.read_text()
    assert "token" not in path.read_text()


def test_a_link_is_not_written_into_the_journal(
    access: Access, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (tmp_path / "up.log").open("w") as log:
        monkeypatch.setattr("sys.stdout", log)
        told = os.fstat(log.fileno())
        monkeypatch.setenv("JOURNAL_STREAM", f"{told.st_dev}:{told.st_ino}")
        up._show(FOUND, as_json=False)
    assert "token" not in (tmp_path / "up.log").read_text()
