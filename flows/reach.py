"""How machines of a site reach one another: what is loopback, and the word Prefect asks for.

Prefect's API has no users. Where nodes on other machines are to reach it, it is guarded by one
string that the hub makes and each node's configuration names as `prefect.auth`.
"""

from __future__ import annotations

import base64
import ipaddress
import os
import secrets
from collections.abc import Mapping
from urllib.parse import SplitResult, urlsplit

from edge.errors import BadSettings
from edge.home import Home
from flows.settings import FlowSettings
from flows.store.access import write_secret

FILE = "prefect-auth"
VARIABLE = "PREFECT_API_AUTH_STRING"


def address(url: str, where: str) -> SplitResult:
    """The parts of `http(s)://host[:port]…`, which another machine could use.

    Raises BadSettings, naming the setting `where`, for what is none.
    """
    hint = f"Write {where} as http://host:port, as other machines find this one"
    try:
        parts = urlsplit(url)
        whole = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        whole = False
    if not whole or parts.username:
        raise BadSettings(f"{where} is no address", hint=hint)
    if (ip := _ip(parts.hostname)) is not None and ip.is_unspecified:
        raise BadSettings(f"{where} names no machine: {parts.hostname}", hint=hint)
    return parts


def is_loopback(url: str) -> bool:
    """Whether only this machine can mean itself by it: localhost, 127.0.0.0/8, ::1."""
    host = urlsplit(url).hostname or ""
    ip = _ip(host)
    return ip.is_loopback if ip is not None else host == "localhost"


def _ip(host: str | None) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host or "")
    except ValueError:
        return None


def auth_of(settings: FlowSettings, home: Home) -> str | None:
    """What Prefect asks of this site's machines: the configuration's, or the hub's own.

    None where the server is on loopback and nothing is named, or the hub made none yet.
    """
    named = settings.prefect.auth
    if named is not None:
        return named.get_secret_value()
    if is_loopback(settings.prefect.api):
        return None
    path = home.secrets / FILE
    try:
        return path.read_text().strip() or None
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError):
        hint = "Remove it; 'livecam up' makes it anew, and every node needs the new one"
        raise BadSettings("Prefect's string cannot be read", path=path, hint=hint) from None


def make_auth(settings: FlowSettings, home: Home) -> str | None:
    """The same on the hub: made once and kept in `secrets/`, where one is needed."""
    found = auth_of(settings, home)
    if found is None and not is_loopback(settings.prefect.api):
        found = f"livecam:{secrets.token_urlsafe(30)}"
        write_secret(home.secrets / FILE, found + "\n")
    return found


def client_environment(auth: str | None) -> Mapping[str, str]:
    """What Prefect's own clients read it from."""
    return {} if auth is None else {VARIABLE: auth}


def headers(auth: str | None) -> dict[str, str]:
    """What a request to the API carries; never log them."""
    if auth is None:
        return {}
    return {"Authorization": f"Basic {base64.b64encode(auth.encode()).decode()}"}


def from_environment() -> str | None:
    """The string of a process whose environment names the server, too."""
    return os.environ.get(VARIABLE)
