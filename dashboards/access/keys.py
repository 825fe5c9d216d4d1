"""Keys for programs and nodes: told once, kept as a hash, good until they are revoked."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass

from dashboards.access.secrets import cameras_named, cameras_of, kept, listed, token
from dashboards.access.users import check_user
from dashboards.access.visitor import Role, Visitor
from edge.clock import Clock
from edge.errors import ObjectExists, ObjectMissing
from edge.segment import check_name
from flows.database import Database

MARK = "lck_"


@dataclass(frozen=True, slots=True)
class Key:
    """A key as it is listed. One for a `node` lets that node tell of itself, and see nothing."""

    name: str
    role: Role
    cameras: frozenset[str] | None
    node: str | None
    made_ms: int
    made_by: str

    @property
    def visitor(self) -> Visitor:
        return Visitor(f"key:{self.name}", self.role, self.cameras, self.node)


class Keys:
    """The keys of one home."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock

    def all(self) -> list[Key]:
        """In order of their names."""
        with self._database.reading() as found:
            return [_key(row) for row in found.execute("SELECT * FROM keys ORDER BY name")]

    def add(
        self,
        name: str,
        role: Role = Role.VIEWER,
        cameras: Iterable[str] | None = None,
        *,
        node: str | None = None,
        by: str = "",
    ) -> tuple[Key, str]:
        """A new key and the word itself, which nobody sees again. Raises ObjectExists."""
        if node is not None:
            role, cameras = Role.VIEWER, ()
            check_name(node)
        made, secret = cameras_named(cameras), MARK + token()
        row = (check_user(name), kept(secret), str(role), listed(made), node)
        with self._database.writing() as rows:
            if rows.execute("SELECT 1 FROM keys WHERE name = ?", (name,)).fetchone():
                raise ObjectExists(f"there is a key {name!r} already", hint="Revoke it first")
            rows.execute(
                "INSERT INTO keys VALUES (?, ?, ?, ?, ?, ?, ?)", (*row, self._clock.utc_ms(), by)
            )
        return next(key for key in self.all() if key.name == name), secret

    def revoke(self, name: str) -> None:
        """End a key. Raises ObjectMissing."""
        with self._database.writing() as rows:
            if not rows.execute("DELETE FROM keys WHERE name = ?", (name,)).rowcount:
                raise ObjectMissing(f"there is no key {name[:80]!r}")

    def find(self, secret: str) -> Key | None:
        """Whose it is."""
        if not secret.startswith(MARK):
            return None
        with self._database.reading() as found:
            row = found.execute("SELECT * FROM keys WHERE hash = ?", (kept(secret),)).fetchone()
        return None if row is None else _key(row)


def _key(row: sqlite3.Row) -> Key:
    return Key(
        name=row["name"],
        role=Role(row["role"]),
        cameras=cameras_of(row["cameras"]),
        node=row["node"],
        made_ms=row["made_ms"],
        made_by=row["made_by"],
    )
