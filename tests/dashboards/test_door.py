"""The door: who is let in as whom, and what is turned away."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from dashboards.access.access import Access
from dashboards.access.bounds import MOST_BYTES
from dashboards.access.visitor import Role
from edge.errors import BadSettings
from edge.home import Home
from edge.settings import section
from flows.gateway import GatewaySettings
from flows.settings import FlowSettings
from flows.site import Site, open_site
from infra.waiting import wait_until
from tests.dashboards.doors import (
    PASSWORD,
    account,
    accounts,
    door,
    stranger,
    unmade,
    visiting,
)

# {"alg": "none"}, {"sub": "anna"}, and no signature.
FORGED = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbm5hIn0."


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return open_site(FlowSettings(), Home(tmp_path_factory.mktemp("site")))


@pytest.fixture(scope="module")
def running(site: Site) -> Iterator[str]:
    with door(site) as found:
        yield found


@pytest.fixture
def address(running: str, site: Site) -> str:
    """The gateway of a site without an account."""
    unmade(site)
    return running


@pytest.fixture
def access(site: Site, address: str) -> Access:
    return accounts(site)


def settings(**values: object) -> GatewaySettings:
    return section(GatewaySettings, values, "gateway")


def socket(address: str, **headers: str) -> ClientConnection:
    return connect(
        address.replace("http", "ws") + "/ws/echo", additional_headers=headers, proxy=None
    )


def test_without_an_account_this_machine_may_look(address: str) -> None:
    with stranger(address) as client:
        assert client.get("/").text == "a page"
        assert client.get("/api/v1/segments").json()["segments"] == []
    with socket(address) as echo:
        echo.send("hello")
        assert echo.recv() == "hello"


def test_without_an_account_nobody_else_is_let_in(address: str) -> None:
    with stranger(address) as client:
        for headers in (
            {"host": "rebound.example"},
            {"host": "rebound.example:8080"},
            {"host": "127.0.0.1.example"},
            {"host": ""},
            {"x-forwarded-for": "127.0.0.1"},
            {"forwarded": "for=127.0.0.1"},
            {"x-real-ip": "127.0.0.1"},
        ):
            for path in ("/", "/api/v1/segments", "/api/health", "/login", "/setup?token=x"):
                found = client.get(path, headers=headers)
                assert (headers, path, found.status_code) == (headers, path, 403)
                assert "livecam users link" in found.text


def test_a_page_of_another_host_reaches_no_socket(address: str) -> None:
    with pytest.raises(InvalidStatus) as refused:
        socket(address, Origin="http://rebound.example")
    assert refused.value.response.status_code == 403
    with socket(address, Origin=address) as echo:
        echo.send("hello")
        assert echo.recv() == "hello"


def test_a_stranger_is_sent_to_the_log_in(address: str, access: Access) -> None:
    with stranger(address) as client:
        page = client.get("/?camera=gate&t=2026-11-01T10:00:00Z")
        assert page.status_code == 303
        wanted = httpx.URL(page.headers["location"]).params["next"]
        assert wanted == "/?camera=gate&t=2026-11-01T10:00:00Z"
        answer = client.get("/api/v1/segments")
        assert answer.status_code == 401
        assert answer.headers["content-type"] == "application/problem+json"
        assert client.get("/api/health").json() == {"status": "ok"}
        for path in ("/static/x.js", "/_stcore/health", "/metrics", "/hls/gate.m3u8"):
            assert client.get(path).status_code == 401
    with pytest.raises(InvalidStatus):
        socket(address)


def test_a_session_lets_in_by_cookie(address: str, access: Access) -> None:
    with visiting(address, access, "anna") as anna:
        assert anna.get("/").text == "a page"
        assert anna.get("/api/health").json()["site"] == "home"


def test_a_forged_session_is_told(address: str, access: Access) -> None:
    with stranger(address, cookie=f"livecam={FORGED}") as nobody:
        assert nobody.get("/api/v1/segments").status_code == 401
    [told] = access.deeds.newest(1)
    assert (told.action, told.object) == ("refused", "session")


def test_a_changing_request_repeats_the_sessions_token(address: str, access: Access) -> None:
    with visiting(address, access, "anna") as anna:
        del anna.headers["X-CSRF-Token"]
        for given in (None, "wrong", "é"):
            headers = {} if given is None else {b"X-CSRF-Token": given.encode()}
            found = anna.delete("/api/v1/session", headers=headers)
            assert found.status_code == 403
            assert "X-CSRF-Token" in found.json()["hint"]
        assert anna.get("/api/health").json()["site"] == "home"


def test_a_page_of_another_host_changes_nothing(address: str, access: Access) -> None:
    with visiting(address, access, "anna") as anna:
        for origin in ("https://rebound.example", "null"):
            found = anna.delete("/api/v1/session", headers={"Origin": origin})
            assert found.status_code == 403
        assert anna.delete("/api/v1/session", headers={"Origin": address}).status_code < 300


def test_a_key_needs_no_token_and_a_wrong_one_is_told(address: str, access: Access) -> None:
    _, word = access.keys.add("nvr", Role.VIEWER)
    with stranger(address, authorization=f"Bearer {word}") as program:
        assert program.get("/api/v1/segments").status_code == 200
    with stranger(address, authorization="Bearer lck_wrong") as program:
        assert program.get("/api/v1/segments").status_code == 401
        assert program.get("/").status_code == 401
    told = [(deed.action, deed.object, deed.times) for deed in access.deeds.newest(1)]
    assert told == [("refused", "key", 2)]


def test_a_nodes_key_opens_that_nodes_reports_only(address: str, access: Access) -> None:
    _, word = access.keys.add("pi1", node="pi1")
    with stranger(address, authorization=f"Bearer {word}") as node:
        for path in ("/", "/api/v1/segments", "/api/v1/nodes/pi2/heartbeat", "/api/v1/nodes/pi1x"):
            assert node.get(path).status_code == 403
        assert node.get("/api/v1/nodes/pi1/nothing").status_code == 404


def test_a_socket_ends_with_its_session(address: str, access: Access) -> None:
    session, token = access.sessions.open("anna")
    with socket(address, Cookie=f"livecam={token}") as echo:
        echo.send("hello")
        assert echo.recv() == "hello"
        access.sessions.end(session.id)
        with pytest.raises(ConnectionClosed):
            echo.recv(timeout=60)


def test_one_account_holds_so_many_sockets_and_no_more(
    address: str, access: Access, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashboards.access.door.MOST_SOCKETS", 2)
    account(access, "vera", Role.VIEWER)
    vera, anna = ({"Cookie": f"livecam={access.sessions.open(n)[1]}"} for n in ("vera", "anna"))
    with socket(address, **vera), socket(address, **vera):
        with pytest.raises(InvalidStatus, match="403"):
            socket(address, **vera)
        socket(address, **anna).close()
    wait_until(lambda: bool(_echoes(address, vera)), what="a place")


def _echoes(address: str, who: dict[str, str]) -> bool:
    try:
        socket(address, **who).close()
    except InvalidStatus:
        return False
    return True


def test_only_addresses_that_are_allowed_may_ask(site: Site) -> None:
    proxied = settings(allow=["10.1.0.0/16"], proxies=["127.0.0.0/8"])
    with door(site, proxied) as address:
        access = accounts(site)
        with visiting(address, access, "anna") as anna:
            assert anna.get("/").status_code == 200  # this machine, by its own name
            for far, status in (("10.1.2.3", 200), ("10.2.0.1", 403), ("10.1.2.3, 8.8.8.8", 403)):
                assert anna.get("/", headers={"X-Forwarded-For": far}).status_code == status
    told = [deed for deed in access.deeds.newest(9) if deed.object == "address"]
    assert {deed.address for deed in told} == {"10.2.0.1", "8.8.8.8"}


def test_who_is_behind_a_proxy_counts_only_where_it_is_named(site: Site) -> None:
    access = accounts(site)
    with door(site) as address, stranger(address) as client:
        for number in range(11):
            headers = {"X-Forwarded-For": f"10.0.0.{number}"}
            data = {"name": f"user{number}", "password": "x"}
            last = client.post("/login", data=data, headers=headers)
        assert last.status_code == 429
        assert int(last.headers["retry-after"]) <= 60
    assert {deed.address for deed in access.deeds.newest(20) if deed.action == "log-in"} == {
        "127.0.0.1"
    }


def test_a_proxys_own_line_counts_below_its_clients(site: Site) -> None:
    access = accounts(site)
    lines = [("X-Forwarded-For", "10.1.2.3"), ("X-Forwarded-For", "8.8.8.8")]
    with door(site, settings(proxies=["127.0.0.1"], allow=["10.0.0.0/8"])) as address:
        found = httpx.get(f"{address}/login", headers=lines, trust_env=False)
    assert found.status_code == 403
    assert access.deeds.newest(1)[0].address == "8.8.8.8"


def test_a_page_that_cors_names_uses_no_session(site: Site) -> None:
    wall = "http://127.0.0.1:1"  # of the same site to a browser, which sends its cookies along
    with door(site, settings(cors=[wall])) as address:
        access = accounts(site)
        _, token = access.sessions.open("anna")
        with pytest.raises(InvalidStatus) as refused:
            socket(address, Origin=wall, Cookie=f"livecam={token}")
        assert refused.value.response.status_code == 403
        with visiting(address, access, "anna") as anna:
            for path in ("/prefect/api/flows/", "/api/v1/holds"):
                assert anna.post(path, json={}, headers={"Origin": wall}).status_code == 403
        _, word = access.keys.add("wall")
        with socket(address, Origin=wall, Authorization=f"Bearer {word}") as echo:
            echo.send("hello")
            assert echo.recv() == "hello"


def test_cors_is_for_origins_that_are_named(site: Site) -> None:
    with door(site, settings(cors=["https://wall.example"])) as address:
        _, word = accounts(site).keys.add("wall")
        with stranger(address, authorization=f"Bearer {word}") as wall:
            asked = {"Origin": "https://wall.example", "Access-Control-Request-Method": "GET"}
            preflight = wall.options("/api/v1/segments", headers=asked)
            assert preflight.headers["access-control-allow-origin"] == "https://wall.example"
            for origin, allowed in (
                ("https://wall.example", True),
                ("https://other.example", False),
            ):
                found = wall.get("/api/v1/segments", headers={"Origin": origin})
                assert ("access-control-allow-origin" in found.headers) is allowed
                assert "access-control-allow-credentials" not in found.headers


def test_a_body_of_a_gigabyte_is_stopped_as_it_comes(address: str, access: Access) -> None:
    sent = 0

    def body() -> Iterator[bytes]:
        nonlocal sent
        for _ in range(1_024):
            sent += MOST_BYTES
            yield b"x" * MOST_BYTES

    with stranger(address) as client:
        for path in ("/login", "/api/v1/session"):  # two that read it
            sent = 0
            try:
                found = client.post(path, content=body())
            except httpx.TransportError:
                pass  # closed while we were sending
            else:
                assert found.status_code == 413
            assert sent < 200 * MOST_BYTES
        announced = client.post("/login", content=b"x" * (MOST_BYTES + 1))
        assert announced.status_code == 413
        assert announced.headers["content-type"] == "application/problem+json"


def test_every_answer_tells_the_browser_what_it_may_do(address: str, access: Access) -> None:
    with visiting(address, access, "anna") as anna:
        for path in ("/", "/api/health", "/login", "/nothing", "/account"):
            headers = anna.get(path).headers
            assert headers["x-content-type-options"] == "nosniff"
            assert "frame-ancestors" in headers["content-security-policy"]
            assert headers["referrer-policy"] == "same-origin"
        assert "script-src" not in anna.get("/account").headers["content-security-policy"]


def test_what_is_refused_to_somebody_is_told(address: str, access: Access) -> None:
    account(access, "vera", Role.VIEWER)
    with visiting(address, access, "vera") as vera:
        assert vera.get("/api/v1/users").status_code == 403
    told = access.deeds.newest(1)[0]
    assert (told.who, told.action, told.object) == ("vera", "refused", "GET /api/v1/users")


def test_a_spoiled_file_lets_nobody_in(tmp_path: Path) -> None:
    site = open_site(FlowSettings(), Home(tmp_path))
    site.home.gateway.mkdir()
    (site.home.gateway / "access.db").write_bytes(b"not a database " * 1_000)
    with door(site) as address, stranger(address) as client:
        assert client.get("/api/v1/segments").status_code == 503


def test_many_at_once_are_all_answered(address: str, access: Access) -> None:
    with visiting(address, access, "anna") as anna:
        statuses: list[int] = []
        ask = lambda: statuses.append(anna.get("/api/v1/segments").status_code)  # noqa: E731
        threads = [threading.Thread(target=ask) for _ in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert statuses == [200] * 20


@pytest.mark.parametrize(
    "values",
    [
        {"listen": "8080"},
        {"listen": "0.0.0.0:0"},
        {"listen": "0.0.0.0:99999"},
        {"listen": "nas.local:8080"},
        {"allow": ["192.168.1.1/24"]},
        {"allow": ["everybody"]},
        {"cors": ["*"]},
        {"cors": ["https://wall.example/"]},
        {"lisen": "0.0.0.0:8080"},
    ],
)
def test_settings_that_cannot_be_meant_are_refused(values: dict[str, object]) -> None:
    with pytest.raises(BadSettings):
        settings(**values)


def test_the_log_in_page_lets_in_and_out(address: str, access: Access) -> None:
    with stranger(address) as client:
        assert "Name or password is wrong" in _enter(client, "wrong password").text
        found = _enter(client, PASSWORD, next="//elsewhere.example")
        assert (found.status_code, found.headers["location"]) == (303, "/")
        for cookie in found.headers.get_list("set-cookie"):
            assert "samesite" in cookie.lower()
            assert ("HttpOnly" in cookie) is not cookie.startswith("livecam-csrf")
        assert client.get("/").text == "a page"
        forged = client.post("/logout", data={"csrf": "x"})
        assert "csrf" in forged.text
        assert client.get("/").text == "a page"
        client.post("/logout", data={"csrf": client.cookies["livecam-csrf"]})
        assert client.get("/").status_code == 303
    assert {"log-in", "log-out"} <= {deed.action for deed in access.deeds.newest(9)}


def _enter(client: httpx.Client, password: str, **more: str) -> httpx.Response:
    return client.post("/login", data={"name": "anna", "password": password, **more})


def test_a_page_in_korean_and_nothing_written_back_raw(address: str, access: Access) -> None:
    with stranger(address, **{"accept-language": "ko-KR,ko;q=0.9"}) as client:
        assert "로그인" in client.get("/login").text
        shown = client.get("/login", params={"next": '/"><script>alert(1)</script>'}).text
        assert "<script>" not in shown
        shown = client.post("/login", data={"name": '"><script>', "password": "x"}).text
        assert "<script>" not in shown


def test_the_first_account_is_made_by_its_link(site: Site, address: str) -> None:
    word = unmade(site).links.make()
    with stranger(address) as client:
        assert client.get("/setup", params={"token": "guess"}).status_code == 410
        assert "administrator" in client.get("/setup", params={"token": word}).text
        told = {"token": word, "name": "Anna B", "password": PASSWORD, "again": PASSWORD}
        assert "cannot be a name" in client.post("/setup", data=told).text
        told |= {"name": "anna", "again": "another"}
        assert "not the same" in client.post("/setup", data=told).text
        told |= {"again": PASSWORD}
        assert client.post("/setup", data=told).headers["location"] == "/"
        assert client.get("/").text == "a page"  # in, without saying all of it again
        assert client.post("/setup", data=told).status_code == 410
