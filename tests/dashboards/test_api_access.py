"""Accounts, keys and the log over the API, for those who may."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pyotp
import pytest

from dashboards.access.access import Access
from dashboards.access.visitor import Role
from edge.clock import SystemClock
from edge.home import Home
from flows.settings import FlowSettings
from flows.site import Site, open_site
from tests.dashboards.doors import (
    PASSWORD,
    account,
    accounts,
    door,
    stranger,
    unmade,
    visiting,
)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return open_site(FlowSettings(), Home(tmp_path_factory.mktemp("site")))


@pytest.fixture(scope="module")
def running(site: Site) -> Iterator[str]:
    with door(site) as found:
        yield found


@pytest.fixture
def access(site: Site) -> Access:
    return accounts(site)


@pytest.fixture
def address(running: str, access: Access) -> str:
    return running


@pytest.fixture
def anna(address: str, access: Access) -> Iterator[httpx.Client]:
    with visiting(address, access, "anna") as client:
        yield client


def test_a_program_logs_in_and_out(address: str, access: Access) -> None:
    with stranger(address) as client:
        told = client.post("/api/v1/session", json={"name": "Anna ", "password": PASSWORD})
        assert told.status_code == 200
        who = client.get("/api/v1/session").json()
        assert told.json() == who
        assert (who["name"], who["role"], who["cameras"]) == ("anna", "admin", None)
        client.headers["X-CSRF-Token"] = who["csrf"]
        assert client.delete("/api/v1/session").status_code == 204
        assert client.get("/api/v1/session").status_code == 401


def test_a_log_in_that_fails_says_what_is_wanted(address: str, access: Access) -> None:
    secret = access.second.proposed()
    totp = pyotp.TOTP(secret)
    step = SystemClock().utc_ms() // 30_000
    assert access.second.begin("anna", secret, totp.generate_otp(step - 1))
    told = {"name": "anna", "password": PASSWORD}
    with stranger(address) as client:
        wrong = client.post("/api/v1/session", json={**told, "password": "x"})
        assert wrong.status_code == 401
        assert "parameter" not in wrong.json()
        asked = client.post("/api/v1/session", json=told)
        assert (asked.status_code, asked.json()["parameter"]) == (401, "code")
        assert not client.cookies
        given = client.post("/api/v1/session", json={**told, "code": totp.generate_otp(step)})
        assert given.status_code == 200
        for _ in range(9):
            last = client.post("/api/v1/session", json={"name": "x", "password": "x"})
        assert last.status_code == 429
        assert int(last.headers["retry-after"]) > 0


def test_this_machine_is_told_what_it_may_without_an_account(running: str, site: Site) -> None:
    unmade(site)
    with stranger(running) as client:
        told = client.get("/api/v1/session").json()
        assert told == {"name": "", "role": "viewer", "cameras": None, "csrf": None, "until": None}
        for path in ("users", "keys", "audit"):
            assert client.get(f"/api/v1/{path}").status_code == 403
        made = client.post("/api/v1/users", json={"name": "eve", "role": "admin"})
        assert made.status_code == 403


def test_an_account_is_made_changed_and_ended(address: str, anna: httpx.Client) -> None:
    made = anna.post("/api/v1/users", json={"name": "bea", "cameras": ["gate"]})
    assert made.status_code == 201
    assert not made.json()["has_password"]
    assert anna.post("/api/v1/users", json={"name": "bea"}).status_code == 409
    token = httpx.URL(made.json()["link"]).params["token"]
    told = {"token": token, "password": PASSWORD, "again": PASSWORD}
    with stranger(address) as bea:
        assert bea.post("/setup", data=told).status_code == 303
        bea.post("/api/v1/session", json={"name": "bea", "password": PASSWORD})
        assert bea.get("/api/v1/session").json()["cameras"] == ["gate"]
        changed = anna.patch("/api/v1/users/bea", json={"role": "operator"}).json()
        assert (changed["role"], changed["cameras"]) == ("operator", ["gate"])
        assert bea.get("/api/v1/session").status_code == 401
        assert anna.patch("/api/v1/users/bea", json={"cameras": None}).json()["cameras"] is None
        for wanted, status in ((False, 200), (True, 400), (0, 400)):
            answer = anna.patch("/api/v1/users/bea", json={"second_factor": wanted})
            assert answer.status_code == status
    assert [user["name"] for user in anna.get("/api/v1/users").json()["users"]] == ["anna", "bea"]
    assert anna.delete("/api/v1/users/bea").status_code == 204
    assert anna.delete("/api/v1/users/bea").status_code == 404


def test_the_last_administrator_is_kept(anna: httpx.Client) -> None:
    assert anna.delete("/api/v1/users/anna").status_code == 422
    assert anna.patch("/api/v1/users/anna", json={"role": "viewer"}).status_code == 422
    assert anna.get("/api/v1/session").json()["role"] == "admin"


def test_a_key_is_told_once(address: str, anna: httpx.Client) -> None:
    made = anna.post("/api/v1/keys", json={"name": "wall", "cameras": []}).json()
    assert made["key"].startswith("lck_")
    assert made["made_by"] == "anna"
    listed = anna.get("/api/v1/keys").json()["keys"]
    assert [key["name"] for key in listed] == ["wall"]
    assert "key" not in listed[0]
    with stranger(address, authorization=f"Bearer {made['key']}") as wall:
        told = wall.get("/api/v1/session").json()
        assert (told["name"], told["cameras"], told["csrf"]) == ("key:wall", [], None)
        assert anna.delete("/api/v1/keys/wall").status_code == 204
        assert wall.get("/api/v1/session").status_code == 401


def test_only_an_administrator_of_all_cameras_makes_others(address: str, access: Access) -> None:
    account(access, "vera", Role.VIEWER)
    account(access, "otto", Role.OPERATOR)
    account(access, "adam", Role.ADMIN, ["gate"])
    for name in ("vera", "otto", "adam"):
        with visiting(address, access, name) as client:
            asked = [
                client.get("/api/v1/users"),
                client.post("/api/v1/users", json={"name": "eve", "role": "admin"}),
                client.patch(f"/api/v1/users/{name}", json={"role": "admin", "cameras": None}),
                client.delete("/api/v1/users/anna"),
                client.post("/api/v1/users/anna/link"),
                client.get("/api/v1/keys"),
                client.post("/api/v1/keys", json={"name": "eve", "role": "admin"}),
                client.delete("/api/v1/keys/wall"),
                client.get("/api/v1/audit"),
            ]
            assert [found.status_code for found in asked] == [403] * len(asked)


def test_the_log_is_read_in_pages(anna: httpx.Client) -> None:
    for number in range(5):
        anna.post("/api/v1/keys", json={"name": f"key{number}"})
    first = anna.get("/api/v1/audit", params={"limit": 3}).json()
    assert [deed["object"] for deed in first["deeds"]] == [
        "key4: viewer",
        "key3: viewer",
        "key2: viewer",
    ]
    assert first["deeds"][0]["who"] == "anna"
    assert first["deeds"][0]["address"] == "127.0.0.1"
    rest = anna.get("/api/v1/audit", params={"limit": 200, "cursor": first["next"]}).json()
    assert [deed["action"] for deed in rest["deeds"]][:2] == ["add key", "add key"]
    assert rest["next"] is None


def test_what_cannot_be_meant_is_refused(anna: httpx.Client) -> None:
    for path, body in [
        ("users", {"name": "../x"}),
        ("users", {"name": "Bea"}),
        ("users", {"name": "bea\n"}),
        ("users", {"name": "bea", "role": "god"}),
        ("users", {"name": "bea", "cameras": ["../gate"]}),
        ("users", {"name": "bea", "password": "x"}),
        ("users", {}),
        ("users", []),
        ("keys", {"name": "k", "node": "../pi"}),
        ("session", {"name": "x" * 1_000, "password": "x"}),
        ("session", {"name": None, "password": 7}),
    ]:
        found = anna.post(f"/api/v1/{path}", json=body)
        assert (path, body, found.status_code) == (path, body, 400)
        assert found.headers["content-type"] == "application/problem+json"


def test_a_body_that_is_no_json_is_refused(anna: httpx.Client) -> None:
    headers = {"Content-Type": "application/json"}
    for content in (
        b"",
        b"{",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"name": 1e999}',
        b'{"name": "\\ud800", "password": "x", "code": 1}',
    ):
        found = anna.post("/api/v1/session", content=content, headers=headers)
        assert found.status_code == 400


def test_words_that_are_no_text_are_a_wrong_name(anna: httpx.Client) -> None:
    content = b'{"name": "\\ud800", "password": "\\udfff"}'
    found = anna.post(
        "/api/v1/session", content=content, headers={"Content-Type": "application/json"}
    )
    assert found.status_code in {400, 401}
