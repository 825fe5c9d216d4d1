"""Random words that are told once and kept as a hash."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable

from edge.segment import check_name


def token() -> str:
    """256 random bits, to be written in an address or a header."""
    return secrets.token_urlsafe(32)


def kept(word: str) -> str:
    """What is kept of a word that nobody can guess; it wants no slow hash."""
    return hashlib.sha256(word.encode(errors="replace")).hexdigest()


def listed(cameras: frozenset[str] | None) -> str | None:
    """A list of cameras as it is kept; None are all."""
    return None if cameras is None else ",".join(sorted(cameras))


def cameras_of(text: str | None) -> frozenset[str] | None:
    """The same, read."""
    return None if text is None else frozenset(name for name in text.split(",") if name)


def cameras_named(names: Iterable[str] | None) -> frozenset[str] | None:
    """Checked names; a camera need not be there yet. Raises BadName."""
    return None if names is None else frozenset(check_name(name) for name in names)
