"""Passwords: argon2id, two at a time, and as slow for a name that nobody has."""

from __future__ import annotations

from functools import cached_property
from threading import BoundedSemaphore

from argon2 import Parameters, PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.profiles import RFC_9106_LOW_MEMORY

from dashboards.access.secrets import token
from edge.errors import BadSettings

SHORTEST, LONGEST = 10, 256
AT_ONCE = 2  # each takes 64 MiB and a core's tenth of a second


class Passwords:
    """Safe to share between threads; a cheaper profile is for tests."""

    def __init__(self, profile: Parameters = RFC_9106_LOW_MEMORY) -> None:
        self._hasher = PasswordHasher.from_parameters(profile)
        self._turn = BoundedSemaphore(AT_ONCE)

    def hashed(self, password: str) -> str:
        """What is kept of a password. Raises BadSettings for one that is too short or long."""
        if not SHORTEST <= len(password) <= LONGEST:
            raise BadSettings(f"a password has {SHORTEST} to {LONGEST} characters")
        with self._turn:
            return self._hasher.hash(password.encode(errors="replace"))

    def match(self, kept: str | None, password: str) -> bool:
        """Whether it is that password; without one it takes as long, and is not."""
        nobody = self._nobody
        if len(password) > LONGEST:
            password = ""
        with self._turn:
            try:
                self._hasher.verify(kept or nobody, password.encode(errors="replace"))
            except (VerificationError, InvalidHashError):
                return False
        return kept is not None

    @cached_property
    def _nobody(self) -> str:
        return self._hasher.hash(token())
