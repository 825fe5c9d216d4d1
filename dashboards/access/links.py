"""One-time links: the first administrator's, and those by which a password is set anew."""

from __future__ import annotations

from dataclasses import dataclass

from dashboards.access.passwords import Passwords
from dashboards.access.secrets import kept as kept_of
from dashboards.access.secrets import token
from dashboards.access.signers import DAY_MS
from dashboards.access.users import check_user, insert, missing
from dashboards.access.visitor import Role
from edge.clock import Clock
from edge.errors import BadSettings
from flows.database import Database

PATH = "/setup"


@dataclass(frozen=True, slots=True)
class Link:
    """What a link is for: an account's password, or (None) the first administrator."""

    user: str | None


class Links:
    """The links of one home; of each kind the newest is good, for a day, until it is used."""

    def __init__(self, database: Database, clock: Clock, passwords: Passwords) -> None:
        self._database, self._clock, self._passwords = database, clock, passwords

    def make(self, user: str | None = None) -> str:
        """The word of a new link. Raises ObjectMissing, BadSettings where there are accounts."""
        made = token()
        with self._database.writing() as kept:
            if user is None and kept.execute(_ANY).fetchone():
                raise BadSettings("there is an account already", hint="Name one: NAME")
            if user is not None and not kept.execute(_ONE, (user,)).fetchone():
                raise missing(user)
            kept.execute("DELETE FROM links WHERE user IS ?", (user,))
            kept.execute(
                "INSERT INTO links VALUES (?, ?, ?)",
                (kept_of(made), user, self._clock.utc_ms() + DAY_MS),
            )
        return made

    def find(self, word: str) -> Link | None:
        """What a link is for, while it is good."""
        with self._database.reading() as kept:
            row = kept.execute(_GOOD, (kept_of(word), self._clock.utc_ms())).fetchone()
            if row is None or (row["user"] is None and kept.execute(_ANY).fetchone()):
                return None
        return Link(row["user"])

    def use(self, word: str, name: str, password: str) -> str | None:
        """Set a password by a link, which ends; the account, None where the link is not good.

        The first administrator's makes the account `name`. Raises BadName, BadSettings.
        """
        found = self.find(word)
        if found is None:
            return None
        user = check_user(name) if found.user is None else found.user
        hashed = self._passwords.hashed(password)
        with self._database.writing() as kept:
            # Both may have been asked twice at once: the first one has it.
            if found.user is None and kept.execute(_ANY).fetchone():
                return None
            if not kept.execute("DELETE FROM links WHERE hash = ?", (kept_of(word),)).rowcount:
                return None
            if found.user is None:
                # One that was made beforehand, and never had a password, gives way.
                kept.execute("DELETE FROM users WHERE name = ?", (user,))
                insert(kept, user, Role.ADMIN, None, self._clock.utc_ms())
            kept.execute("UPDATE users SET password = ? WHERE name = ?", (hashed, user))
            kept.execute("DELETE FROM sessions WHERE user = ?", (user,))
            kept.execute("DELETE FROM devices WHERE user = ?", (user,))
        return user


_ANY = "SELECT 1 FROM users WHERE password IS NOT NULL LIMIT 1"
_ONE = "SELECT 1 FROM users WHERE name = ?"
_GOOD = "SELECT user FROM links WHERE hash = ? AND until_ms > ?"
