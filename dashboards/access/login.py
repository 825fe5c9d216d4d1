"""Logging in: limits first, then password and code, and a line in the log for each outcome."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from dashboards.access import limits
from dashboards.access.access import Access
from dashboards.access.secrets import kept
from dashboards.access.sessions import Session
from flows.deeds import DONE, REFUSED

LIMITED = "limited"
ACTION = "log-in"
HALF_MS = 5 * 60_000


class Outcome(StrEnum):
    """How it went."""

    IN = "in"
    WRONG = "wrong"  # name or password: which of them is not told
    LIMITED = "limited"  # nothing was evaluated
    CODE = "code"  # the password is right, and a code is wanted
    WRONG_CODE = "wrong-code"


@dataclass(frozen=True, slots=True)
class Attempt:
    """What somebody says of themselves, and what is known of where they are.

    `half` stands for name and password once those were right.
    """

    name: str = ""
    password: str = ""
    code: str = ""
    half: str = ""
    address: str = ""
    device: str = ""
    agent: str = ""


@dataclass(frozen=True, slots=True)
class LogIn:
    """The outcome; `session`, `token` and `device` where it is IN, `half` where it is CODE."""

    outcome: Outcome
    session: Session | None = None
    token: str = ""
    device: str = ""
    half: str = ""
    wait_ms: int = 0


def log_in(access: Access, attempt: Attempt) -> LogIn:
    """Try it. Blocks for argon2's time: call it from a thread."""
    name = _half_of(access, attempt)
    if name is None:
        found = _password(access, attempt)
        if found is not None:
            return found
        name = attempt.name
    if not access.second.wanted(name):
        return _let_in(access, attempt, name)
    return _code(access, attempt, name)


def _password(access: Access, attempt: Attempt) -> LogIn | None:
    """None where name and password are right."""
    name = attempt.name[:80]
    wait_ms = access.limits.take(*_buckets(access, name, attempt, "account"))
    if wait_ms:
        _refuse(access, attempt, name, LIMITED)
        return LogIn(Outcome.LIMITED, wait_ms=wait_ms)
    if access.passwords.match(access.password_of(name), attempt.password):
        return None
    _refuse(access, attempt, name, REFUSED)
    return LogIn(Outcome.WRONG)


def _code(access: Access, attempt: Attempt, name: str) -> LogIn:
    if not attempt.code:
        told = {"half": name, "by": _password_now(access, name)}
        half = access.signers.signed(told, access.clock.utc_ms() + HALF_MS)
        return LogIn(Outcome.CODE, half=half)
    wait_ms = access.limits.take(*_buckets(access, name, attempt, "code"))
    if wait_ms:
        _refuse(access, attempt, name, LIMITED)
        return LogIn(Outcome.LIMITED, wait_ms=wait_ms, half=attempt.half)
    if access.second.passes(name, attempt.code):
        return _let_in(access, attempt, name)
    _refuse(access, attempt, name, "wrong code")
    return LogIn(Outcome.WRONG_CODE, half=attempt.half)


def _let_in(access: Access, attempt: Attempt, name: str) -> LogIn:
    session, token = access.sessions.open(name, attempt.address, attempt.agent)
    known = access.sessions.known(name, attempt.device)
    device = attempt.device if known else access.sessions.know(name)
    access.deeds.tell(name, ACTION, name, address=attempt.address, outcome=DONE)
    return LogIn(Outcome.IN, session, token, device)


def _buckets(access: Access, name: str, attempt: Attempt, kind: str) -> list[limits.Bucket]:
    """A browser that logged in before has a bucket of its own: no guess elsewhere fills it."""
    known = access.sessions.known(name, attempt.device)
    if known is not None:
        return [limits.of_device(f"{kind} {known}")]
    return [limits.of_address(attempt.address), limits.of_account(f"{kind} {name}")]


def _half_of(access: Access, attempt: Attempt) -> str | None:
    """The account whose password was right a moment ago, is so still, and wants a code."""
    told = access.signers.read(attempt.half) if attempt.half else None
    name = told.get("half") if told else None
    if not isinstance(name, str) or not access.second.wanted(name):
        return None
    now = _password_now(access, name)
    return name if now is not None and told is not None and told.get("by") == now else None


def _password_now(access: Access, name: str) -> str | None:
    """Which password an account has, None where it can't log in; says nothing of what it is."""
    found = access.password_of(name)
    return None if found is None else kept(found)


def _refuse(access: Access, attempt: Attempt, name: str, outcome: str) -> None:
    # A name that is no account's may be a password in the wrong field: it is not written down.
    what = name if access.users.find(name) else "no such account"
    access.deeds.count("", ACTION, what, address=attempt.address, outcome=outcome)
