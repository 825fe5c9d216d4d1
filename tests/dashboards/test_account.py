"""/account: one's own password, second factor and sessions."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

import httpx
import pyotp
import pytest

from dashboards.access.access import Access
from edge.clock import SystemClock
from edge.home import Home
from flows.settings import FlowSettings
from flows.site import Site, open_site
from tests.dashboards.doors import PASSWORD, accounts, door, stranger, visiting

OTHER = "another battery horse"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return open_site(FlowSettings(), Home(tmp_path_factory.mktemp("site")))


@pytest.fixture(scope="module")
def address(site: Site) -> Iterator[str]:
    with door(site) as found:
        yield found


@pytest.fixture
def access(site: Site) -> Access:
    return accounts(site)


@pytest.fixture
def anna(address: str, access: Access) -> Iterator[httpx.Client]:
    with visiting(address, access, "anna") as client:
        del client.headers["X-CSRF-Token"]
        yield client


def post(client: httpx.Client, path: str, **fields: str) -> httpx.Response:
    """Send a form of the page, with the token that the page holds."""
    found = re.search(r'name="csrf" value="([^"]+)"', client.get("/account").text)
    assert found is not None
    return client.post(f"/account/{path}", data={"csrf": found[1], **fields})


def totp_of(client: httpx.Client) -> pyotp.TOTP:
    found = re.search(r'name="secret" value="([^"]+)"', client.get("/account").text)
    assert found is not None
    return pyotp.TOTP(found[1])


def code(totp: pyotp.TOTP) -> str:
    return totp.generate_otp(SystemClock().utc_ms() // 30_000)


def test_another_password_ends_the_other_sessions(
    address: str, access: Access, anna: httpx.Client
) -> None:
    link = access.links.make("anna")
    with visiting(address, access, "anna") as elsewhere:
        wrong = post(anna, "password", now="a guess", password=OTHER, again=OTHER)
        assert (wrong.status_code, "is wrong" in wrong.text) == (400, True)
        assert post(anna, "password", now=PASSWORD, again="").status_code == 400
        unlike = post(anna, "password", now=PASSWORD, password=OTHER, again=PASSWORD)
        assert "not the same" in unlike.text
        short = post(anna, "password", now=PASSWORD, password="short", again="short")
        assert "10 to 256 characters" in short.text
        assert elsewhere.get("/").status_code == 200
        done = post(anna, "password", now=PASSWORD, password=OTHER, again=OTHER)
        assert (done.status_code, "is changed" in done.text) == (200, True)
        assert anna.get("/").status_code == 200
        assert elsewhere.get("/").status_code == 303
    assert access.links.find(link) is None
    assert access.passwords.match(access.password_of("anna"), OTHER)


def test_a_second_factor_is_turned_on_and_off(access: Access, anna: httpx.Client) -> None:
    totp = totp_of(anna)
    wrong = post(anna, "second", now=PASSWORD, secret=totp.secret, code="000000")
    assert "code is wrong" in wrong.text
    assert not access.second.wanted("anna")
    spoiled = post(anna, "second", now=PASSWORD, secret="0" * 32, code="000000")
    assert spoiled.status_code == 400
    done = post(anna, "second", now=PASSWORD, secret=totp.secret, code=code(totp))
    codes = re.findall(r"<li>([a-z0-9]{16})</li>", html.unescape(done.text))
    assert len(set(codes)) == 10
    assert access.second.wanted("anna")
    assert 'name="secret"' not in anna.get("/account").text
    assert "is wrong" in post(anna, "second/end", now="a guess").text
    assert "is off" in post(anna, "second/end", now=PASSWORD).text
    assert not access.second.wanted("anna")


def test_guesses_at_the_present_password_are_limited(access: Access, anna: httpx.Client) -> None:
    for _ in range(10):
        post(anna, "second/end", now="a guess")
    assert "is wrong" in post(anna, "second/end", now=PASSWORD).text
    told = [deed for deed in access.deeds.newest(9) if deed.action == "give password"]
    assert (told[0].who, told[0].times) == ("anna", 11)


def test_all_sessions_end_at_once(address: str, access: Access, anna: httpx.Client) -> None:
    with visiting(address, access, "anna") as elsewhere:
        assert post(anna, "sessions/end").status_code == 303
        assert elsewhere.get("/").status_code == 303
        assert anna.get("/account").status_code == 303


def test_a_form_without_the_pages_token_does_nothing(access: Access, anna: httpx.Client) -> None:
    for path in ("password", "second", "second/end", "sessions/end"):
        fields = {"now": PASSWORD, "password": OTHER, "again": OTHER, "csrf": "forged"}
        assert anna.post(f"/account/{path}", data=fields).status_code == 400
    assert anna.get("/").status_code == 200
    assert access.passwords.match(access.password_of("anna"), PASSWORD)


def test_an_account_page_is_for_those_who_are_logged_in(address: str, access: Access) -> None:
    with stranger(address) as client:
        assert client.get("/account").headers["location"] == "/login?next=/account"
        assert client.post("/account/sessions/end").status_code == 401
