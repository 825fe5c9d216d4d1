"""Who asks: by session or key. Everything that is kept of accounts, from one file of the home."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from dashboards.access.keys import Keys
from dashboards.access.limits import Limits
from dashboards.access.links import Links
from dashboards.access.passwords import Passwords
from dashboards.access.schema import FILE, SCHEMA
from dashboards.access.second import Second
from dashboards.access.sessions import Session, Sessions
from dashboards.access.signers import Signers
from dashboards.access.users import Users
from dashboards.access.visitor import Visitor
from edge.clock import Clock, SystemClock
from edge.home import Home
from flows.database import Database
from flows.deeds import Deeds

# What a browser keeps: its session, what it repeats in changing requests, which browser it is.
SESSION_COOKIE, CSRF_COOKIE, DEVICE_COOKIE = "livecam", "livecam-csrf", "livecam-known"
CSRF_HEADER = "x-csrf-token"


@dataclass(frozen=True, slots=True)
class Asker:
    """Whoever asks; `session` None by a key."""

    visitor: Visitor
    session: Session | None = None


class Access:
    """The accounts, sessions and keys of one home. Threads and processes may share it."""

    def __init__(self, home: Home, clock: Clock, passwords: Passwords | None = None) -> None:
        database = Database(home.gateway / FILE, SCHEMA)
        self.clock = clock
        self.passwords = passwords or Passwords()
        self.deeds = Deeds(home, clock)
        self.users = Users(database, clock)
        self.signers = Signers(database, clock)
        self.sessions = Sessions(database, clock, self.signers)
        self.keys = Keys(database, clock)
        self.links = Links(database, clock, self.passwords)
        self.second = Second(database, clock)
        self.limits = Limits(database, clock)
        self.database = database

    def has_users(self) -> bool:
        """Whether there is an account that can log in."""
        return self.users.any()

    def asker(self, cookies: Mapping[str, str], authorization: str | None) -> Asker | None:
        """Who asks, by key where one is given, else by cookie; None for nobody known."""
        if authorization is not None:
            return self._by_key(authorization)
        session = self.sessions.find(cookies.get(SESSION_COOKIE, ""))
        user = None if session is None else self.users.find(session.user)
        if user is None or user.disabled:
            return None
        return Asker(user.visitor, session)

    def visitor_of(self, cookies: Mapping[str, str], authorization: str | None) -> Visitor | None:
        """The same, without the session."""
        found = self.asker(cookies, authorization)
        return None if found is None else found.visitor

    def password_of(self, name: str) -> str | None:
        """What is kept of an account's password; None where it can't log in."""
        with self.database.reading() as kept:
            row = kept.execute(
                "SELECT password FROM users WHERE name = ? AND NOT disabled", (name,)
            ).fetchone()
        return None if row is None else row["password"]

    def set_password(self, name: str, password: str, *, but: str = "") -> None:
        """Another password; all sessions of the account end, but for one. Raises BadSettings."""
        hashed = self.passwords.hashed(password)
        with self.database.writing() as kept:
            kept.execute("UPDATE users SET password = ? WHERE name = ?", (hashed, name))
            kept.execute("DELETE FROM links WHERE user = ?", (name,))
        self.sessions.end_all(name, but=but)

    def _by_key(self, authorization: str) -> Asker | None:
        kind, _, word = authorization.partition(" ")
        key = self.keys.find(word.strip()) if kind.lower() == "bearer" else None
        return None if key is None else Asker(key.visitor)


@lru_cache(maxsize=8)
def _of(root: Path) -> Access:
    return Access(Home(root), SystemClock())


def access_of(home: Home) -> Access:
    """The one that this process has for a home."""
    return _of(home.root)
