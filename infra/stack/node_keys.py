"""How nodes show their gateway who they are: keys of those that run in the hub's own home."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress

from edge.errors import ObjectMissing
from edge.home import Home
from edge.serving.heartbeat import KEY, URL
from flows.gateway import GatewaySettings
from flows.store.access import write_secret


def own(home: Home, node: str, url: str) -> Mapping[str, str]:
    """The environment of a node's part beside the gateway; its key is made where there is none."""
    return {URL: url, KEY: _kept(home, node)}


def elsewhere(gateway: GatewaySettings) -> Mapping[str, str]:
    """The same of a node on another machine, by its own file; {} where that names no gateway."""
    if gateway.url is None or gateway.key is None:
        return {}
    return {URL: gateway.url, KEY: gateway.key.get_secret_value()}


def make(home: Home, node: str, where: str = "") -> str:
    """A new key in the place of the node's own before: nobody sees it again."""
    from dashboards.access.access import access_of

    keys, name = access_of(home).keys, f"node-{node}{where}"
    with suppress(ObjectMissing):
        keys.revoke(name)
    return keys.add(name, node=node, by="livecam")[1]


def _kept(home: Home, node: str) -> str:
    from dashboards.access.access import access_of

    path = home.secrets / f"node-{node}"
    try:
        word = path.read_text().strip()
    except (OSError, UnicodeDecodeError):
        word = ""
    found = access_of(home).keys.find(word)
    if found is None or found.node != node:
        word = make(home, node, "-here")
        write_secret(path, word + "\n")
    return word
