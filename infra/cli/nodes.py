"""`livecam nodes`: the machines that record, and their keys to the store."""

from __future__ import annotations

from typing import Any

import click
import yaml

from edge.errors import BadSettings, MissingPart, StoreRefused, StoreUnavailable
from edge.home import Home
from edge.settings import refuse_unknown
from flows import reach
from flows.config_file import whole as configuration
from flows.config_file.whole import Config
from flows.store import FOOTAGE, LIVECAM
from infra.cli import note, say


@click.group()
def nodes() -> None:
    """List nodes; add one with a key of its own.

    Example: livecam nodes add pi1
    """


@nodes.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a node.")
def list_(as_json: bool) -> None:
    """Show the nodes of the configuration, their cameras and whether they have a key.

    Example: livecam nodes list --json
    """
    config = configuration.load()
    rows = _rows(config, _keys(config))
    if as_json:
        say(rows)
        return
    for row in rows:
        cameras = ", ".join(row["cameras"]) or "no cameras"
        click.echo(f"{row['node']:16} {_key_words(row['key']):24} {cameras}")


def _rows(config: Config, keys: dict[str, str] | None) -> list[dict[str, Any]]:
    return [
        {
            "node": node,
            "cameras": [c.name for c in config.cameras.values() if c.node == node],
            "key": None if keys is None else keys.get(node, "none"),
        }
        for node in config.nodes
    ]


def _key_words(key: str | None) -> str:
    """`key` is the user's state at the store, None where that can't be asked."""
    if key is None:
        return "key unknown"
    return "no key yet" if key == "none" else f"key {key}"


def _keys(config: Config) -> dict[str, str] | None:
    """Each node's key state; None (and a note) where the store has none or can't be asked."""
    if config.flows.store.kind == "folder":
        note("the store is a folder on this machine: it has no users")
        return None
    from infra.minio import Owner

    try:
        return Owner.of(config, Home.from_environment()).node_users()
    except (MissingPart, StoreRefused, StoreUnavailable) as error:
        note(f"the store's users are not known: {error}")
        return None


@nodes.command()
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def add(name: str, as_json: bool) -> None:
    """Make a node's store user, or replace its key, and print what its file needs: this once only.

    Example: livecam nodes add pi1
    """
    from infra.minio import Owner

    config, home = configuration.load(), Home.from_environment()
    _known(name, config)
    owner = Owner.of(config, home)
    key = owner.make_node(config, name)
    store = {
        "kind": "s3",
        "endpoint": config.flows.store.public_endpoint or owner.endpoint,
        "access_key": key.access_key,
        "secret_key": key.secret_key,
    }
    prefect, gateway = _prefect(config, home), _gateway(config, home, name)
    if as_json:
        told = {"node": name, **store, "bucket": FOOTAGE, "inbox_bucket": LIVECAM}
        say({**told, "prefect": prefect, "gateway": gateway})
        return
    _explain(name, {"store": store, "prefect": prefect, "gateway": gateway}, config)


def _prefect(config: Config, home: Home) -> dict[str, str]:
    """`prefect:` of a node's file, with the string that the hub's server asks for, if any."""
    from flows.runs import api_of

    api, auth = config.flows.prefect.api, reach.make_auth(config.flows, home)
    # On loopback it may have found its port taken, and runs at the next.
    found = {"api": api_of(config.flows, home) if reach.is_loopback(api) else api}
    return {**found, **({"auth": auth} if auth else {})}


def _gateway(config: Config, home: Home, name: str) -> dict[str, str]:
    """`gateway:` of a node's file: where the pages are as nodes find them, and a key to tell."""
    from infra.stack.node_keys import make
    from infra.stack.site import APP_PORT

    host = reach.address(config.flows.prefect.api, "prefect.api").hostname
    url = config.flows.gateway.url or f"http://{host}:{APP_PORT}"
    return {"url": url, "key": make(home, name)}


def _known(name: str, config: Config) -> None:
    try:
        refuse_unknown([name], config.nodes, "nodes")
    except BadSettings as error:
        hint = f"{error.hint} Nodes stand under nodes: in livecam.yaml"
        raise BadSettings(f"the site has no node {name!r}", hint=hint) from None


def _explain(name: str, block: dict[str, dict[str, str]], config: Config) -> None:
    from infra.checks.nodes import WAY_OUT, alone

    note(f"{name}'s key: it is not kept here and not shown again. In its livecam.yaml write")
    click.echo(yaml.safe_dump(block, sort_keys=False), nl=False)
    note(f"and run there: livecam up --node {name}")
    if here := alone(config):
        note(f"This is for a node on this machine: {' and '.join(here)} on loopback. {WAY_OUT}.")
    if not any(c.node == name for c in config.cameras.values()):
        note(f"No camera has node: {name} yet; once one has, run 'livecam up' here again.")
