"""Logging in: guesses are limited, codes are good once, and all of it is written down."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock

import pyotp
import pytest
from argon2.profiles import CHEAPEST

from dashboards.access.access import Access
from dashboards.access.login import Attempt, LogIn, Outcome, log_in
from dashboards.access.passwords import Passwords
from dashboards.access.visitor import Role
from edge.home import Home
from tests.edge.fake_clock import FakeClock

RIGHT = "correct horse battery"
QUARTER_MS = 15 * 60_000


class Counted(Passwords):
    """Cheap ones, that count how often they were asked."""

    def __init__(self) -> None:
        super().__init__(CHEAPEST)
        self.asked, self._lock = 0, Lock()

    def match(self, kept: str | None, password: str) -> bool:
        with self._lock:
            self.asked += 1
        return super().match(kept, password)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def access(livecam_home: Path, clock: FakeClock) -> Access:
    """A home with an administrator `anna` whose password is RIGHT."""
    made = Access(Home(livecam_home), clock, Counted())
    assert made.links.use(made.links.make(), "anna", RIGHT) == "anna"
    return made


def asked(access: Access) -> int:
    assert isinstance(access.passwords, Counted)
    return access.passwords.asked


def enter(access: Access, address: str = "10.0.0.1", **more: str) -> LogIn:
    return log_in(access, Attempt("anna", RIGHT, address=address, **more))


def refused(access: Access) -> int:
    found = access.deeds.newest(100_000)
    return sum(deed.times for deed in found if deed.action == "log-in" and deed.outcome != "done")


def guess(access: Access, times: int) -> list[LogIn]:
    """Guesses at one account, eight at a time from a hundred addresses."""
    attempts = (Attempt("anna", f"guess {n}", address=f"10.0.1.{n % 100}") for n in range(times))
    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(lambda one: log_in(access, one), attempts))


def guessed(access: Access, times: int) -> None:
    known = enter(access).device
    before = asked(access)
    outcomes = [found.outcome for found in guess(access, times)]
    assert asked(access) - before <= 10
    assert set(outcomes) == {Outcome.WRONG, Outcome.LIMITED}
    assert refused(access) == times
    assert access.deeds.verify()[1] is None
    # Elsewhere even the right password is not looked at; where she is known, she gets in.
    assert enter(access, "10.0.0.9").outcome is Outcome.LIMITED
    assert enter(access, device=known).outcome is Outcome.IN


def test_guesses_are_limited_and_all_of_them_told(access: Access) -> None:
    guessed(access, 300)


@pytest.mark.full
def test_ten_thousand_guesses(access: Access) -> None:
    guessed(access, 10_000)


def test_the_limit_is_over_after_a_quarter_of_an_hour(access: Access, clock: FakeClock) -> None:
    guess(access, 50)
    found = enter(access, "10.0.0.9")
    assert found.outcome is Outcome.LIMITED
    clock.advance(found.wait_ms - 1)
    assert enter(access, "10.0.0.9").outcome is Outcome.LIMITED
    clock.advance(1)
    assert enter(access, "10.0.0.9").outcome is Outcome.IN


def test_an_address_tries_ten_times_a_minute(access: Access, clock: FakeClock) -> None:
    def tries(address: str, start: int) -> list[Outcome]:
        attempts = [Attempt(f"user{start + n}", "x", address=address) for n in range(11)]
        return [log_in(access, one).outcome for one in attempts]

    assert tries("10.0.0.1", 0) == [Outcome.WRONG] * 10 + [Outcome.LIMITED]
    assert tries("10.0.0.2", 20)[0] is Outcome.WRONG
    # One household's addresses are one.
    tries("2001:db8::1", 40)
    assert tries("2001:db8::2", 60)[0] is Outcome.LIMITED
    clock.advance(60_000)
    assert tries("10.0.0.1", 80)[0] is Outcome.WRONG


def test_a_name_that_nobody_has_is_answered_alike(access: Access) -> None:
    before = asked(access)
    assert log_in(access, Attempt("nobody", "guess")) == log_in(access, Attempt("anna", "guess"))
    assert asked(access) - before == 2
    told = [deed.object for deed in access.deeds.newest(2)]
    assert sorted(told) == ["anna", "no such account"]


def test_what_counts_is_kept_across_a_restart(access: Access, livecam_home: Path) -> None:
    guess(access, 20)
    again = Access(Home(livecam_home), access.clock, Counted())
    assert enter(again, "10.0.0.9").outcome is Outcome.LIMITED
    assert asked(again) == 0


def second(access: Access, clock: FakeClock) -> tuple[pyotp.TOTP, list[str]]:
    secret = access.second.proposed()
    codes = access.second.begin("anna", secret, code(pyotp.TOTP(secret), clock))
    assert codes is not None
    clock.advance(30_000)
    return pyotp.TOTP(secret), codes


def code(totp: pyotp.TOTP, clock: FakeClock) -> str:
    return totp.generate_otp(clock.utc_ms() // 30_000)


def test_a_code_is_good_once(access: Access, clock: FakeClock) -> None:
    totp, _ = second(access, clock)
    assert enter(access).outcome is Outcome.CODE
    now = code(totp, clock)
    assert enter(access, code=now).outcome is Outcome.IN
    assert enter(access, code=now).outcome is Outcome.WRONG_CODE
    clock.advance(30_000)
    assert enter(access, code=now).outcome is Outcome.WRONG_CODE
    assert enter(access, code=code(totp, clock)).outcome is Outcome.IN


def test_a_code_that_many_give_at_once_lets_one_in(access: Access, clock: FakeClock) -> None:
    totp, _ = second(access, clock)
    half, now = enter(access).half, code(totp, clock)
    with ThreadPoolExecutor(8) as pool:
        found = list(
            pool.map(lambda _: log_in(access, Attempt(half=half, code=now)).outcome, range(8))
        )
    assert found.count(Outcome.IN) == 1


def test_a_recovery_code_is_good_once_however_it_is_typed(access: Access, clock: FakeClock) -> None:
    _, codes = second(access, clock)
    typed = f"{codes[0][:4]}-{codes[0][4:]} ".upper()
    assert enter(access, code=typed).outcome is Outcome.IN
    assert enter(access, code=codes[0]).outcome is Outcome.WRONG_CODE
    assert enter(access, code=codes[1]).outcome is Outcome.IN


def test_the_second_step_needs_the_first(access: Access, clock: FakeClock) -> None:
    totp, _ = second(access, clock)
    half = enter(access).half
    now = code(totp, clock)
    assert log_in(access, Attempt(half=half + "x", code=now)).outcome is Outcome.WRONG
    _, token = access.sessions.open("anna")
    assert log_in(access, Attempt(half=token, code=now)).outcome is Outcome.WRONG
    assert log_in(access, Attempt(half=half, code=now)).outcome is Outcome.IN
    clock.advance(5 * 60_000)
    assert log_in(access, Attempt(half=half, code=code(totp, clock))).outcome is Outcome.WRONG


def test_the_second_step_is_of_the_password_that_is(access: Access, clock: FakeClock) -> None:
    """Somebody knew it: with another password, or no code wanted, that opens nothing more."""
    second(access, clock)
    half = enter(access).half
    access.second.end("anna")
    assert log_in(access, Attempt(half=half)).outcome is Outcome.WRONG
    access.set_password("anna", "another battery staple")
    totp, _ = second(access, clock)
    answer = log_in(access, Attempt(half=half, code=code(totp, clock)))
    assert answer.outcome is Outcome.WRONG


def test_guesses_at_a_code_are_limited_too(access: Access, clock: FakeClock) -> None:
    second(access, clock)
    half = enter(access).half
    found = [
        log_in(access, Attempt(half=half, code="000000", address=f"10.0.0.{n}")).outcome
        for n in range(12)
    ]
    assert found == [Outcome.WRONG_CODE] * 10 + [Outcome.LIMITED] * 2


def test_a_disabled_account_is_as_none(access: Access) -> None:
    access.users.add("bea", Role.VIEWER)
    access.links.use(access.links.make("bea"), "", RIGHT)
    access.users.change("bea", disabled=True)
    assert log_in(access, Attempt("bea", RIGHT)).outcome is Outcome.WRONG
