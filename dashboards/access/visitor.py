"""Whoever asks: by name, with a role, and the cameras that there are for them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What somebody may do; each may all that those before it may."""

    VIEWER = "viewer"  # look: live, search, playback
    OPERATOR = "operator"  # export, hold, mark reviewed, pause
    ADMIN = "admin"  # cameras, users, keys, settings, the log of what was done

    def may(self, needed: Role) -> bool:
        """Whether this role comprises another."""
        order = list(Role)
        return order.index(self) >= order.index(needed)


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody who may look. `cameras` None are all there are and will be.

    `name` is the account's, or a key's as `key:<name>`; "" is whoever sits at this machine while
    there is no account. A `node` tells of itself, and may do nothing else.
    """

    name: str
    role: Role
    cameras: frozenset[str] | None = None
    node: str | None = None

    def sees(self, camera: str) -> bool:
        """Whether there is such a camera for them, if there is one at all."""
        return self.cameras is None or camera in self.cameras


# While a site has no account, the gateway answers on loopback only, and shows without changing.
LOCAL = Visitor("", Role.VIEWER)
