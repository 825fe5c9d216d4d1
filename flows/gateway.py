"""`gateway:` of livecam.yaml: where it listens, for whom, and where nodes find it."""

from __future__ import annotations

import ipaddress
import re
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr

from edge.values import Section

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_LISTEN = re.compile(r"(?P<host>[0-9.]+|\[[0-9a-fA-F:]+\]):(?P<port>[0-9]{1,5})")
_ORIGIN = re.compile(r"https?://[a-z0-9.-]+(:[0-9]{1,5})?|https?://\[[0-9a-f:]+\](:[0-9]{1,5})?")


def _network(value: object) -> Network:
    try:
        return ipaddress.ip_network(str(value))
    except ValueError:
        raise ValueError(f"not a network: {value!r}; write 192.168.1.0/24") from None


def _origin(value: str) -> str:
    if not _ORIGIN.fullmatch(value):
        raise ValueError(f"not an origin: {value!r}; write https://nvr.example")
    return value


def _listen(value: str) -> str:
    found = _LISTEN.fullmatch(value)
    try:
        ipaddress.ip_address(found["host"].strip("[]") if found else "")
        assert found is not None
        whole = 0 < int(found["port"]) < 65_536
    except ValueError:
        whole = False
    if not whole:
        raise ValueError(f"not an address to listen on: {value!r}; write 0.0.0.0:8080")
    return value


Networks = tuple[Annotated[Network, BeforeValidator(_network)], ...]


class GatewaySettings(Section):
    """`listen`: where others than this machine find it, once there is an account.

    `allow`: whose addresses may ask at all, this machine's always; empty: everybody's. `cors`:
    origins whose scripts may ask by key. `proxies`: whose word on a client's address counts.
    `url` is how other machines find it; a node's own file has its `key` to it, too.
    """

    listen: Annotated[str, AfterValidator(_listen)] | None = None
    allow: Networks = ()
    cors: tuple[Annotated[str, AfterValidator(_origin)], ...] = ()
    proxies: Networks = ()
    url: Annotated[str, Field(pattern=r"^https?://[^/@\s]+/?$")] | None = None
    key: SecretStr | None = None

    @property
    def listens(self) -> tuple[str, int] | None:
        """Host and port of `listen`."""
        if self.listen is None:
            return None
        host, _, port = self.listen.rpartition(":")
        return host.strip("[]"), int(port)
