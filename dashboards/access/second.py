"""The second factor: time-based codes (RFC 6238), each good once, and recovery codes."""

from __future__ import annotations

import hmac
import re
import secrets

import pyotp

from dashboards.access.secrets import kept as kept_of
from edge.clock import Clock
from flows.database import Database

STEP_MS = 30_000
RECOVERY_CODES = 10
# No 0 and o, 1 and l: they are typed from paper.
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


class Second:
    """The second factors of one home."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock

    def wanted(self, user: str) -> bool:
        """Whether an account has one."""
        return self._secret(user) is not None

    def proposed(self) -> str:
        """A secret to be shown; nothing is kept before a code of it was given."""
        return pyotp.random_base32()

    def address(self, user: str, secret: str, site: str) -> str:
        """What the QR code says to an authenticator."""
        return pyotp.TOTP(secret).provisioning_uri(name=user, issuer_name=f"Livecam {site}")

    def begin(self, user: str, secret: str, code: str) -> list[str] | None:
        """Ask for codes of this secret from now on; new recovery codes, None for a wrong code."""
        step = self._step(secret, code)
        if step is None:
            return None
        codes = [_recovery() for _ in range(RECOVERY_CODES)]
        with self._database.writing() as kept:
            kept.execute(
                "UPDATE users SET totp = ?, totp_step = ? WHERE name = ?", (secret, step, user)
            )
            kept.execute("DELETE FROM recovery WHERE user = ?", (user,))
            kept.executemany(
                "INSERT INTO recovery VALUES (?, ?)", [(user, kept_of(code)) for code in codes]
            )
        return codes

    def end(self, user: str) -> None:
        """Ask for a password only."""
        with self._database.writing() as kept:
            kept.execute("UPDATE users SET totp = NULL, totp_step = 0 WHERE name = ?", (user,))
            kept.execute("DELETE FROM recovery WHERE user = ?", (user,))

    def passes(self, user: str, code: str) -> bool:
        """Whether a code is good; it is not a second time, and neither is an older one."""
        code = re.sub(r"[\s-]", "", code).lower()
        secret = self._secret(user)
        if secret is None:
            return False
        step = self._step(secret, code)
        with self._database.writing() as kept:
            if step is not None:
                done = kept.execute(
                    "UPDATE users SET totp_step = ? WHERE name = ? AND totp_step < ?",
                    (step, user, step),
                )
            else:
                done = kept.execute(
                    "DELETE FROM recovery WHERE user = ? AND hash = ?", (user, kept_of(code))
                )
            return done.rowcount == 1

    def _secret(self, user: str) -> str | None:
        with self._database.reading() as kept:
            row = kept.execute("SELECT totp FROM users WHERE name = ?", (user,)).fetchone()
        return None if row is None else row["totp"]

    def _step(self, secret: str, code: str) -> int | None:
        """The step of time that a code belongs to: this one, the one before or after."""
        now = self._clock.utc_ms() // STEP_MS
        totp, found = pyotp.TOTP(secret), None
        for step in (now - 1, now, now + 1):
            right = totp.generate_otp(step)
            if hmac.compare_digest(right.encode(), code.encode(errors="replace")):
                found = step
        return found


def _recovery() -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(16))
