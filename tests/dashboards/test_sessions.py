"""Tokens and keys: what was forged, is over or was ended lets nobody in."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import jwt
import pytest
from argon2.profiles import CHEAPEST

from dashboards.access.access import SESSION_COOKIE, Access
from dashboards.access.passwords import Passwords
from dashboards.access.visitor import Role, Visitor
from edge.errors import BadName, BadSettings, ObjectExists, ObjectMissing
from edge.home import Home
from tests.edge.fake_clock import FakeClock

DAY_MS = 86_400_000
ANNA = Visitor("anna", Role.ADMIN)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def access(livecam_home: Path, clock: FakeClock) -> Access:
    made = Access(Home(livecam_home), clock, Passwords(CHEAPEST))
    made.links.use(made.links.make(), "anna", "correct horse battery")
    return made


def by(access: Access, token: str) -> Visitor | None:
    return access.visitor_of({SESSION_COOKIE: token}, None)


def part(values: dict[str, object]) -> str:
    return base64.urlsafe_b64encode(json.dumps(values).encode()).rstrip(b"=").decode()


def test_a_token_lets_its_account_in_for_a_day(access: Access, clock: FakeClock) -> None:
    _, token = access.sessions.open("anna")
    assert by(access, token) == ANNA
    clock.advance(DAY_MS - 1_000)
    assert by(access, token) == ANNA
    clock.advance(1_000)
    assert by(access, token) is None


def test_forged_tokens_let_nobody_in(access: Access, tmp_path: Path, clock: FakeClock) -> None:
    _, token = access.sessions.open("anna")
    header, body, signature = token.split(".")
    kid = jwt.get_unverified_header(token)["kid"]
    claims = jwt.decode(token, options={"verify_signature": False})
    elsewhere = Access(Home(tmp_path / "other"), clock, Passwords(CHEAPEST))
    _, others = elsewhere.sessions.open("anna")
    forged = [
        f"{part({'alg': 'none', 'typ': 'JWT', 'kid': kid})}.{body}.",
        f"{part({'alg': 'none', 'typ': 'JWT', 'kid': kid})}.{body}.{signature}",
        f"{part({'alg': 'None', 'typ': 'JWT', 'kid': kid})}.{body}.",
        f"{header}.{part({**claims, 'sub': 'eve'})}.{signature}",
        f"{header}.{body}.{signature[:-4]}AAAA",
        f"{header}.{body}.",
        jwt.encode(claims, "k" * 32, algorithm="HS256", headers={"kid": kid}),
        jwt.encode(claims, "k" * 64, algorithm="HS512", headers={"kid": kid}),
        jwt.encode(claims, "k" * 32, algorithm="HS256"),
        jwt.encode(claims, "k" * 32, algorithm="HS256", headers={"kid": "../../key"}),
        others,
        "",
        "..",
        "a.b.c",
        "\ud800",
        "x" * 100_000,
    ]
    assert [by(access, one) for one in forged] == [None] * len(forged)
    assert by(access, token) == ANNA


def test_a_token_of_ours_for_something_else_is_no_session(access: Access, clock: FakeClock) -> None:
    until_ms = clock.utc_ms() + DAY_MS
    for claims in ({"half": "anna"}, {"sub": "anna"}, {"sub": "anna", "sid": 7}, {"sid": None}):
        assert by(access, access.signers.signed(claims, until_ms)) is None


def test_keys_are_rotated_and_old_tokens_live_their_day(access: Access, clock: FakeClock) -> None:
    _, first = access.sessions.open("anna")
    clock.advance(DAY_MS - 10_000)
    _, second = access.sessions.open("anna")
    clock.advance(5_000)
    assert by(access, first) == ANNA
    clock.advance(DAY_MS - 10_000)
    _, third = access.sessions.open("anna")
    kids = [jwt.get_unverified_header(one)["kid"] for one in (first, second, third)]
    assert kids[0] == kids[1] != kids[2]
    assert [by(access, one) for one in (first, second, third)] == [None, ANNA, ANNA]


def test_a_log_out_holds_at_once(access: Access) -> None:
    session, token = access.sessions.open("anna")
    access.sessions.end(session.id)
    assert by(access, token) is None


def test_a_new_password_ends_the_other_sessions(access: Access) -> None:
    session, token = access.sessions.open("anna")
    _, other = access.sessions.open("anna")
    access.set_password("anna", "another long one", but=session.id)
    assert by(access, token) == ANNA
    assert by(access, other) is None


@pytest.mark.parametrize(
    "change", [{"role": Role.VIEWER}, {"cameras": ["gate"]}, {"disabled": True}]
)
def test_a_change_of_rights_ends_all_sessions(access: Access, change: dict[str, object]) -> None:
    access.users.add("bea", Role.OPERATOR)
    access.links.use(access.links.make("bea"), "", "correct horse battery")
    _, token = access.sessions.open("bea")
    assert by(access, token) == Visitor("bea", Role.OPERATOR)
    access.users.change("bea", **change)
    assert by(access, token) is None


def test_the_last_administrator_stays(access: Access) -> None:
    access.users.add("bea", Role.ADMIN)  # she has no password yet
    for change in ({"role": Role.OPERATOR}, {"disabled": True}, {"cameras": ["gate"]}):
        with pytest.raises(BadSettings, match="no administrator"):
            access.users.change("anna", **change)
    with pytest.raises(BadSettings, match="no administrator"):
        access.users.remove("anna")
    assert access.users.get("anna").role is Role.ADMIN
    access.links.use(access.links.make("bea"), "", "correct horse battery")
    access.users.remove("anna")
    assert [user.name for user in access.users.all()] == ["bea"]


def test_names_are_checked_and_taken_once(access: Access) -> None:
    for name in ("", "Anna", "a b", "../a", "a" * 64, "-a", "ä"):
        with pytest.raises(BadName):
            access.users.add(name, Role.VIEWER)
    with pytest.raises(ObjectExists):
        access.users.add("anna", Role.VIEWER)
    with pytest.raises(ObjectMissing):
        access.users.change("bea", disabled=True)


def test_a_key_lets_a_program_in_until_it_is_revoked(access: Access) -> None:
    _, word = access.keys.add("nvr", Role.OPERATOR, ["gate"], by="anna")
    found = access.visitor_of({}, f"Bearer {word}")
    assert found == Visitor("key:nvr", Role.OPERATOR, frozenset({"gate"}))
    for wrong in (f"Basic {word}", word, "Bearer", "Bearer lck_", f"Bearer {word}x", ""):
        assert access.visitor_of({}, wrong) is None
    with pytest.raises(ObjectExists):
        access.keys.add("nvr")
    access.keys.revoke("nvr")
    assert access.visitor_of({}, f"Bearer {word}") is None


def test_a_wrong_key_is_not_made_good_by_a_session(access: Access) -> None:
    _, token = access.sessions.open("anna")
    assert access.visitor_of({SESSION_COOKIE: token}, "Bearer lck_wrong") is None


def test_a_nodes_key_sees_no_camera(access: Access) -> None:
    _, word = access.keys.add("pi1", Role.ADMIN, None, node="pi1")
    found = access.visitor_of({}, f"Bearer {word}")
    assert found == Visitor("key:pi1", Role.VIEWER, frozenset(), "pi1")


def test_nothing_that_lets_somebody_in_is_kept_as_it_is(access: Access, livecam_home: Path) -> None:
    _, word = access.keys.add("nvr")
    _, token = access.sessions.open("anna")
    link, device = access.links.make("anna"), access.sessions.know("anna")
    kept = b"".join(path.read_bytes() for path in (livecam_home / "gateway").iterdir())
    for told in (word, token, link, device, "correct horse battery"):
        assert told.encode() not in kept


def test_a_link_is_good_once_and_for_a_day(access: Access, clock: FakeClock) -> None:
    first, second = access.links.make("anna"), access.links.make("anna")
    assert access.links.find(first) is None  # the newest replaces it
    with pytest.raises(BadSettings):
        access.links.use(second, "", "short")
    assert access.links.use(second, "eve", "another long one") == "anna"
    assert access.links.use(second, "", "another long one") is None
    third = access.links.make("anna")
    clock.advance(DAY_MS)
    assert access.links.find(third) is None


def test_the_first_administrators_link_ends_with_the_first_account(
    livecam_home: Path, clock: FakeClock
) -> None:
    made = Access(Home(livecam_home), clock, Passwords(CHEAPEST))
    assert not made.has_users()
    word = made.links.make()
    made.users.add("bea", Role.VIEWER)
    assert not made.has_users()
    made.links.use(made.links.make("bea"), "", "correct horse battery")
    assert made.has_users()
    assert made.links.use(word, "eve", "correct horse battery") is None
    with pytest.raises(BadSettings):
        made.links.make()
