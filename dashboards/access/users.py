"""Accounts: names, roles, cameras; their passwords and second factors are kept beside."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from dashboards.access.secrets import cameras_named, cameras_of, listed
from dashboards.access.visitor import Role, Visitor
from edge.clock import Clock
from edge.errors import BadName, BadSettings, ObjectExists, ObjectMissing
from flows.database import Database

NAME = r"[a-z0-9][a-z0-9._@-]{0,62}"


@dataclass(frozen=True, slots=True)
class User:
    """An account as it is listed; `cameras` None are all."""

    name: str
    role: Role
    cameras: frozenset[str] | None
    disabled: bool
    has_password: bool
    second_factor: bool
    made_ms: int

    @property
    def visitor(self) -> Visitor:
        return Visitor(self.name, self.role, self.cameras)


def check_user(name: str) -> str:
    """The name itself. Raises BadName for what names no account or key."""
    if not re.fullmatch(NAME, name, re.ASCII):
        hint = "Use small letters, digits and . _ @ -, 63 at most"
        raise BadName(f"not a name of an account: {name[:80]!r}", hint=hint)
    return name


class Users:
    """The accounts of one home. Whoever changes one ends its sessions."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock
        self._any = False

    def any(self) -> bool:
        """Whether somebody can log in; once so it stays so, since no last administrator goes."""
        if not self._any:
            with self._database.reading() as kept:
                found = kept.execute("SELECT 1 FROM users WHERE password IS NOT NULL LIMIT 1")
                self._any = found.fetchone() is not None
        return self._any

    def all(self) -> list[User]:
        """In order of their names."""
        with self._database.reading() as kept:
            return [_user(row) for row in kept.execute("SELECT * FROM users ORDER BY name")]

    def find(self, name: str) -> User | None:
        """One of them."""
        with self._database.reading() as kept:
            row = kept.execute("SELECT * FROM users WHERE name = ?", (name,)).fetchone()
        return None if row is None else _user(row)

    def get(self, name: str) -> User:
        """One of them. Raises ObjectMissing."""
        found = self.find(name)
        if found is None:
            raise missing(name)
        return found

    def add(self, name: str, role: Role, cameras: Iterable[str] | None = None) -> User:
        """A new account, which cannot log in before its password is set. Raises ObjectExists."""
        row = (check_user(name), role, listed(cameras_named(cameras)), self._clock.utc_ms())
        with self._database.writing() as kept:
            if kept.execute("SELECT 1 FROM users WHERE name = ?", (name,)).fetchone():
                raise ObjectExists(f"there is an account {name!r} already")
            insert(kept, *row)
        return self.get(name)

    def change(self, name: str, **values: Any) -> User:
        """Change `role`, `cameras` or `disabled`, or drop the `second_factor` (False).

        Ends the account's sessions. Raises ObjectMissing, and BadSettings where no
        administrator would be left.
        """
        columns = _columns(values)
        with self._database.writing() as kept, _keeping_an_administrator(kept):
            if not kept.execute("SELECT 1 FROM users WHERE name = ?", (name,)).fetchone():
                raise missing(name)
            for column, value in columns.items():
                # The names are those of _columns.
                kept.execute(f"UPDATE users SET {column} = ? WHERE name = ?", (value, name))  # noqa: S608
            if values.get("second_factor") is False:
                kept.execute("DELETE FROM recovery WHERE user = ?", (name,))
            kept.execute("DELETE FROM sessions WHERE user = ?", (name,))
        return self.get(name)

    def remove(self, name: str) -> None:
        """End an account. Raises ObjectMissing, BadSettings for the last administrator."""
        with self._database.writing() as kept, _keeping_an_administrator(kept):
            if not kept.execute("DELETE FROM users WHERE name = ?", (name,)).rowcount:
                raise missing(name)
            for table in ("sessions", "recovery", "devices", "links"):
                kept.execute(f"DELETE FROM {table} WHERE user = ?", (name,))  # noqa: S608


def insert(
    kept: sqlite3.Connection, name: str, role: Role, cameras: str | None, now_ms: int
) -> None:
    """One row, within a transaction."""
    kept.execute(
        "INSERT INTO users (name, role, cameras, made_ms) VALUES (?, ?, ?, ?)",
        (name, str(role), cameras, now_ms),
    )


def missing(name: str) -> ObjectMissing:
    return ObjectMissing(f"there is no account {name[:80]!r}")


def _columns(values: dict[str, Any]) -> dict[str, Any]:
    columns: dict[str, Any] = {}
    if "role" in values:
        columns["role"] = str(Role(values["role"]))
    if "cameras" in values:
        columns["cameras"] = listed(cameras_named(values["cameras"]))
    if "disabled" in values:
        columns["disabled"] = int(values["disabled"])
    if values.get("second_factor") is False:
        columns |= {"totp": None, "totp_step": 0}
    return columns


@contextmanager
def _keeping_an_administrator(kept: sqlite3.Connection) -> Iterator[None]:
    """Refuse what would leave nobody who may make accounts, where there was somebody before."""
    before = _able(kept)
    yield
    if before and not _able(kept):
        hint = "Make another one first"
        raise BadSettings("no administrator with all cameras would be left", hint=hint)


def _able(kept: sqlite3.Connection) -> bool:
    wanted = "role = 'admin' AND cameras IS NULL AND NOT disabled AND password IS NOT NULL"
    return kept.execute(f"SELECT 1 FROM users WHERE {wanted}").fetchone() is not None  # noqa: S608


def _user(row: sqlite3.Row) -> User:
    return User(
        name=row["name"],
        role=Role(row["role"]),
        cameras=cameras_of(row["cameras"]),
        disabled=bool(row["disabled"]),
        has_password=row["password"] is not None,
        second_factor=row["totp"] is not None,
        made_ms=row["made_ms"],
    )
