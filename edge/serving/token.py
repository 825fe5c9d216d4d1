"""The word that a gateway shows to a node's server: each node's another, in files of the owner's.

A gateway keeps one secret in its home, and makes the words of it. Nodes on other machines get their
own in the answer to a heartbeat, so that no node can ask another's server for its pictures.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import tempfile
from pathlib import Path

from edge.home import Home


def _secret(home: Home) -> Path:
    return home.secrets / "gateway-token"


def _told(home: Home, node: str) -> Path:
    return home.secrets / f"gateway-token.{node}"


def read(home: Home, node: str) -> str | None:
    """The word that a node's server takes; None where none is known here yet."""
    told = _line(_told(home, node))
    secret = None if told else _line(_secret(home))  # a node beside its gateway
    return _of(secret, node) if secret else told


def make(home: Home, node: str) -> str:
    """The gateway's word for a node; its secret is made where there is none."""
    secret = _line(_secret(home))
    if secret is None:
        secret = secrets.token_urlsafe(32)
        _write(_secret(home), secret)
    return _of(secret, node)


def keep(home: Home, node: str, token: str) -> None:
    """Remember the word for a node here; nobody else on this machine may read it."""
    if read(home, node) != token:
        _write(_told(home, node), token)


def _of(secret: str, node: str) -> str:
    return hmac.new(secret.encode(), f"node {node}".encode(), hashlib.sha256).hexdigest()


def _line(path: Path) -> str | None:
    try:
        return path.read_text().strip() or None
    except (OSError, UnicodeDecodeError):
        return None


def _write(path: Path, word: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, temporary = tempfile.mkstemp(dir=path.parent)  # 0600 from its first moment
    with os.fdopen(handle, "w") as file:
        file.write(word + "\n")
    Path(temporary).replace(path)
