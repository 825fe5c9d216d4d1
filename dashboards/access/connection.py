"""Where a request comes from and what for, as far as its ASGI scope tells."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.requests import cookie_parser
from starlette.types import Scope

from flows.gateway import Network

_FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip")
_SAFE = ("GET", "HEAD", "OPTIONS")
# What a browser opens as a page; all else is told its error as JSON.
_NO_PAGES = ("/api", "/ws", "/hls", "/metrics", "/_stcore", "/static", "/media", "/component")


@dataclass(frozen=True, slots=True)
class Connection:
    """One request or WebSocket; `address` is the client's, "" where it is not known."""

    path: str
    query: str
    method: str
    headers: Headers
    cookies: dict[str, str]
    peer: str
    address: str
    https: bool
    websocket: bool

    @property
    def authorization(self) -> str | None:
        return self.headers.get("authorization")

    @property
    def changes(self) -> bool:
        """Whether it may change something."""
        return not self.websocket and self.method not in _SAFE

    @property
    def page(self) -> bool:
        """Whether a person would see the answer."""
        return not self.changes and not self.websocket and not under(self.path, *_NO_PAGES)

    @property
    def origin_is_ours(self) -> bool:
        """Whether the page that asks is of this very host; programs name none."""
        origin = self.headers.get("origin")
        return origin is None or urlsplit(origin).netloc.lower() == self.host

    @property
    def host(self) -> str:
        return self.headers.get("host", "").lower()

    @property
    def is_local(self) -> bool:
        """From this machine to this machine by its own name, with no proxy in between.

        Another name may be one that a page on the Internet gave to this address.
        """
        forwarded = any(name in self.headers for name in _FORWARDED)
        return _loopback(self.peer) and _local_name(self.host) and not forwarded


def of(scope: Scope, proxies: Sequence[Network] = ()) -> Connection:
    """What an http or websocket scope tells. Of `proxies` the word counts on who is behind them."""
    headers = Headers(scope=scope)
    peer = (scope.get("client") or ("", 0))[0]
    trusted = within(peer, proxies)
    # A proxy may write a line of its own below one that its client sent.
    forwarded = ",".join(headers.getlist("x-forwarded-for")) if trusted else ""
    scheme = headers.get("x-forwarded-proto", "") if trusted else ""
    return Connection(
        path=scope["path"],
        query=scope.get("query_string", b"").decode("latin-1"),
        method=scope.get("method", "GET"),
        headers=headers,
        cookies=cookie_parser(headers.get("cookie", "")),
        peer=peer,
        address=_behind(forwarded, proxies) or peer,
        https=(scheme or scope.get("scheme", "http")) in ("https", "wss"),
        websocket=scope["type"] == "websocket",
    )


def under(path: str, *roots: str) -> bool:
    """Whether a path is one of these or lies below it."""
    return any(path == root or path.startswith(root + "/") for root in roots)


def within(address: str, networks: Sequence[Network]) -> bool:
    """Whether an address lies in one of these."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    ip = (ip.ipv4_mapped if isinstance(ip, ipaddress.IPv6Address) else None) or ip
    return any(ip in network for network in networks)


def _behind(forwarded: str, proxies: Sequence[Network]) -> str:
    """The last address that no proxy of ours has: what stands before it, anybody may write."""
    for part in reversed(forwarded.split(",")):
        if (address := part.strip()) and not within(address, proxies):
            try:
                return str(ipaddress.ip_address(address))
            except ValueError:
                return ""
    return ""


def _loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def _local_name(host: str) -> bool:
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    return name == "localhost" or _loopback(name)
