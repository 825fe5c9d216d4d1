"""Whether nodes on other machines find this hub by what its configuration names."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import httpx

from edge.errors import BadSettings
from edge.settings import LOCAL_NODE
from flows import reach
from flows.config_file.whole import Config
from infra.checks import Check, fail, ok, warn

TIMEOUT_S = 5
WAY_OUT = (
    "For nodes elsewhere name this machine there, as http://its-name:port;"
    " 'livecam up' then listens for them"
)


def answers(url: str) -> bool:
    """Whether anything answers there, whatever it says."""
    try:
        httpx.get(url, timeout=TIMEOUT_S, trust_env=False)
    except httpx.TransportError:
        return False
    return True


def alone(config: Config) -> list[str]:
    """The settings by which no other machine finds this hub."""
    store = config.flows.store
    public = store.public_endpoint or store.endpoint
    found = ["prefect.api"] if reach.is_loopback(config.flows.prefect.api) else []
    if store.kind == "folder":
        return [*found, "store.kind"]
    return found if public and not reach.is_loopback(public) else [*found, "store.public_endpoint"]


def nodes(config: Config, ask: Callable[[str], bool] = answers) -> Iterator[Check]:
    """For a hub that names nodes; they may all run on this machine, so nothing here fails it."""
    from infra.minio import node_of

    if config.nodes == (LOCAL_NODE,) or node_of(config.flows.store.access_key or ""):
        return
    here = alone(config)
    if "store.kind" in here:
        told = "the store is a folder: nodes on other machines cannot reach it"
        yield warn("nodes", told, "Write store: {kind: s3}; 'livecam up' then runs MinIO")
    elif here:
        told = f"only nodes on this machine find the hub: {', '.join(here)} on loopback"
        yield warn("nodes", told, WAY_OUT)
    else:
        yield from _named(config, ask)


def _named(config: Config, ask: Callable[[str], bool]) -> Iterator[Check]:
    """Both addresses as a node would use them, tried from here."""
    store, api = config.flows.store, config.flows.prefect.api
    public = str(store.public_endpoint or store.endpoint)
    try:
        reach.address(api, "prefect.api")
        reach.address(public, "store.public_endpoint")
    except BadSettings as error:
        yield fail("nodes", error.message, error.hint)
        return
    silent = [url for url in (f"{api}/health", public) if not ask(url)]
    if silent:
        told = f"from here there is no answer at {' and '.join(silent)}"
        yield warn("nodes", told, "Is 'livecam up' running, and do the names mean this machine?")
    else:
        yield ok("nodes", f"nodes elsewhere find {api} and {public}, if no firewall is between")
