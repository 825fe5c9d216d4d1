"""The word that a gateway shows to its nodes' servers: a file of the owner's, in each home.

The gateway makes it; nodes on other machines get it in the answer to a heartbeat.
"""

from __future__ import annotations

import os
import secrets
import tempfile
from pathlib import Path

from edge.home import Home


def _path(home: Home) -> Path:
    return home.secrets / "gateway-token"


def read(home: Home) -> str | None:
    """The word; None where none is known here yet."""
    try:
        return _path(home).read_text().strip() or None
    except (OSError, UnicodeDecodeError):
        return None


def make(home: Home) -> str:
    """The gateway's own word, made where there is none."""
    found = read(home)
    if found is None:
        found = secrets.token_urlsafe(32)
        keep(home, found)
    return found


def keep(home: Home, token: str) -> None:
    """Remember the gateway's word; nobody else on this machine may read it."""
    if read(home) == token:
        return
    home.secrets.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, temporary = tempfile.mkstemp(dir=home.secrets)  # 0600 from its first moment
    with os.fdopen(handle, "w") as file:
        file.write(token + "\n")
    Path(temporary).replace(_path(home))
