"""Session tokens: JWTs signed by HS256 with a key of the day; older keys verify, and then go."""

from __future__ import annotations

import secrets
from typing import Any

import jwt

from edge.clock import Clock
from flows.database import Database

ALGORITHM = "HS256"
DAY_MS = 86_400_000
# A key signs for a day, and its last token lives a day more.
SIGNS_MS, VERIFIES_MS = DAY_MS, 2 * DAY_MS + 60_000


class Signers:
    """The keys of one home."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock

    def signed(self, claims: dict[str, Any], until_ms: int) -> str:
        """A token of these claims, good until then."""
        id, secret = self._newest()  # noqa: A001
        now_s = self._clock.utc_ms() // 1_000
        told = {**claims, "iat": now_s, "exp": until_ms // 1_000}
        return jwt.encode(told, secret, algorithm=ALGORITHM, headers={"kid": id})

    def read(self, token: str) -> dict[str, Any] | None:
        """The claims of a token of ours that is not over; None for everything else."""
        try:
            secret = self._secret(jwt.get_unverified_header(token).get("kid"))
            if secret is None:
                return None
            # `exp` is judged below, by the clock that was handed in.
            options: Any = {"require": ["exp"], "verify_exp": False, "verify_iat": False}
            found = jwt.decode(token, secret, algorithms=[ALGORITHM], options=options)
        except (jwt.PyJWTError, ValueError, TypeError):
            return None
        until_s = found["exp"]
        alive = isinstance(until_s, int) and self._clock.utc_ms() < until_s * 1_000
        return found if alive else None

    def _secret(self, id: object) -> bytes | None:  # noqa: A002
        if not isinstance(id, str):
            return None
        since_ms = self._clock.utc_ms() - VERIFIES_MS
        with self._database.reading() as kept:
            row = kept.execute(
                "SELECT secret FROM signers WHERE id = ? AND made_ms > ?", (id, since_ms)
            ).fetchone()
        return None if row is None else bytes(row["secret"])

    def _newest(self) -> tuple[str, bytes]:
        with self._database.reading() as kept:
            found = kept.execute(_NEWEST, (self._clock.utc_ms() - SIGNS_MS,)).fetchone()
        return (found["id"], bytes(found["secret"])) if found else self._made()

    def _made(self) -> tuple[str, bytes]:
        now_ms = self._clock.utc_ms()
        with self._database.writing() as kept:
            found = kept.execute(_NEWEST, (now_ms - SIGNS_MS,)).fetchone()
            if found:  # another was quicker
                return found["id"], bytes(found["secret"])
            made = secrets.token_hex(8), secrets.token_bytes(32)
            kept.execute("INSERT INTO signers VALUES (?, ?, ?)", (*made, now_ms))
            kept.execute("DELETE FROM signers WHERE made_ms < ?", (now_ms - VERIFIES_MS,))
        return made


_NEWEST = "SELECT id, secret FROM signers WHERE made_ms > ? ORDER BY made_ms DESC LIMIT 1"
