"""`livecam keys`: how programs and nodes get in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from infra.cli import note, say
from infra.cli.users import access, as_json_option, by, cameras_of, cameras_option, role_option

if TYPE_CHECKING:
    from dashboards.access.keys import Key


@click.group()
def keys() -> None:
    """List keys; add and revoke them.

    Example: livecam keys add wall --role viewer --cameras gate
    """


@keys.command("list")
@as_json_option
def list_(as_json: bool) -> None:
    """Show all keys; the words themselves are not kept.

    Example: livecam keys list --json
    """
    rows = [_row(key) for key in access().keys.all()]
    if as_json:
        say(rows)
        return
    for row in rows:
        cameras = "all cameras" if row["cameras"] is None else ", ".join(row["cameras"]) or "none"
        scope = f"node {row['node']}" if row["node"] else f"{row['role']:10} {cameras}"
        click.echo(f"{row['name']:20} {scope}")
    if not rows:
        note("there is no key")


@keys.command()
@click.argument("name")
@role_option
@cameras_option
@click.option("--node", help="Only for this node's own reports.")
@as_json_option
def add(name: str, role: str | None, cameras: str | None, node: str | None, as_json: bool) -> None:
    """Make a key, and print it this once.

    Programs send it as `Authorization: Bearer lck_…`.

    Example: livecam keys add wall --cameras gate
    """
    from dashboards.access.visitor import Role

    if node is not None and (role or cameras):
        raise click.UsageError("a node's key has no role and no cameras")
    found = access()
    key, word = found.keys.add(
        name, Role(role or "viewer"), cameras_of(cameras), node=node, by=by()
    )
    found.deeds.tell(by(), "add key", f"{name}: {f'node {node}' if node else key.role}")
    if as_json:
        say({**_row(key), "key": word})
        return
    click.echo(word)
    note("it is not kept here and not shown again")


@keys.command()
@click.argument("name")
@as_json_option
def revoke(name: str, as_json: bool) -> None:
    """End a key, at once.

    Example: livecam keys revoke wall
    """
    found = access()
    found.keys.revoke(name)
    found.deeds.tell(by(), "revoke key", name)
    if as_json:
        say({"name": name, "revoked": True})
    else:
        note(f"revoked: {name}")


def _row(key: Key) -> dict[str, Any]:
    return {
        "name": key.name,
        "role": str(key.role),
        "cameras": None if key.cameras is None else sorted(key.cameras),
        "node": key.node,
        "made_by": key.made_by,
    }
