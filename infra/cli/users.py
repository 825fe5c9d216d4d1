"""`livecam users`: who may look, and who may do what."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from edge.home import Home
from infra.cli import note, say

if TYPE_CHECKING:
    from dashboards.access.access import Access
    from dashboards.access.users import User

ROLES = ("viewer", "operator", "admin")
as_json_option = click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
role_option = click.option("--role", type=click.Choice(ROLES), help="What they may do.")


def cameras_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """`--cameras`, a list with commas; `all` are all."""
    text = "The cameras that there are for them, with commas; all for all."
    return click.option("--cameras", metavar="NAME,…", help=text)(command)


def cameras_of(text: str | None) -> list[str] | None:
    """What `--cameras` says; None are all."""
    if text is None or text == "all":
        return None
    return [name.strip() for name in text.split(",") if name.strip()]


def access() -> Access:
    """This home's accounts."""
    from dashboards.access.access import access_of

    return access_of(Home.from_environment())


def by() -> str:
    """Who does it, for the log."""
    import getpass

    try:
        return f"cli:{getpass.getuser()}"
    except (KeyError, OSError):
        return f"cli:{os.getuid()}"


@click.group()
def users() -> None:
    """List accounts; add, change and remove them; make one-time links.

    Example: livecam users add bea --role viewer --cameras gate,yard
    """


@users.command("list")
@as_json_option
def list_(as_json: bool) -> None:
    """Show all accounts.

    Example: livecam users list --json
    """
    rows = [_row(user) for user in access().users.all()]
    if as_json:
        say(rows)
        return
    for row in rows:
        cameras = "all cameras" if row["cameras"] is None else ", ".join(row["cameras"]) or "none"
        marks = [
            *(["disabled"] if row["disabled"] else []),
            *([] if row["has_password"] else ["no password yet"]),
            *(["second factor"] if row["second_factor"] else []),
        ]
        click.echo(f"{row['name']:20} {row['role']:10} {cameras:30} {', '.join(marks)}".rstrip())
    if not rows:
        note("there is no account yet: `livecam users link` prints a link that makes the first")


@users.command()
@click.argument("name")
@role_option
@cameras_option
@as_json_option
def add(name: str, role: str | None, cameras: str | None, as_json: bool) -> None:
    """Make an account, and print the link that sets its password.

    Example: livecam users add bea --role operator
    """
    from dashboards.access.visitor import Role

    found = access()
    user = found.users.add(name, Role(role or "viewer"), cameras_of(cameras))
    found.deeds.tell(by(), "add user", f"{name}: {user.role}, {cameras or 'all cameras'}")
    _link(found, name, as_json, _row(user))


@users.command()
@click.argument("name")
@role_option
@cameras_option
@click.option("--disable/--enable", "disabled", default=None, help="Let them log in or not.")
@click.option("--no-second-factor", is_flag=True, help="Ask for the password only.")
@as_json_option
def change(
    name: str,
    role: str | None,
    cameras: str | None,
    disabled: bool | None,
    no_second_factor: bool,
    as_json: bool,
) -> None:
    """Change what is named; their sessions end.

    Example: livecam users change bea --role admin --cameras all
    """
    wanted = {"role": role, "disabled": disabled}
    values: dict[str, Any] = {name: value for name, value in wanted.items() if value is not None}
    if cameras is not None:
        values["cameras"] = cameras_of(cameras)
    if no_second_factor:
        values["second_factor"] = False
    if not values:
        raise click.UsageError("say what to change: see --help")
    found = access()
    user = found.users.change(name, **values)
    told = ", ".join(f"{key} {value}" for key, value in values.items())
    found.deeds.tell(by(), "change user", f"{name}: {told}")
    if as_json:
        say(_row(user))
    else:
        note(f"changed: {name}")


@users.command()
@click.argument("name")
@as_json_option
def remove(name: str, as_json: bool) -> None:
    """End an account and its sessions.

    Example: livecam users remove bea
    """
    found = access()
    found.users.remove(name)
    found.deeds.tell(by(), "remove user", name)
    if as_json:
        say({"name": name, "removed": True})
    else:
        note(f"removed: {name}")


@users.command()
@click.argument("name", required=False)
@as_json_option
def link(name: str | None, as_json: bool) -> None:
    """Print a one-time link: to make the first account, or to set an account's password anew.

    It is good for a day, until it is used or another is made.

    Example: livecam users link anna
    """
    found = access()
    found.deeds.tell(by(), "make link", name or "first account")
    _link(found, name, as_json, {})


def _link(found: Access, name: str | None, as_json: bool, row: dict[str, Any]) -> None:
    address = one_time(found, name)
    if as_json:
        say({**row, "link": address})
        return
    click.echo(address)
    note("good for a day, once; open it where that address is this machine's")


def one_time(found: Access, name: str | None = None, at: str | None = None) -> str:
    """A new link for NAME's password or the first account, `at` the gateway's address."""
    from dashboards.access.links import PATH
    from infra.stack import record
    from infra.stack.site import APP_PORT

    told = record.read(Home.from_environment(), record.ADDRESSES) or {}
    address = at or told.get("app") or f"http://127.0.0.1:{APP_PORT}"
    return f"{address}{PATH}?token={found.links.make(name)}"


def _row(user: User) -> dict[str, Any]:
    return {
        "name": user.name,
        "role": str(user.role),
        "cameras": None if user.cameras is None else sorted(user.cameras),
        "disabled": user.disabled,
        "has_password": user.has_password,
        "second_factor": user.second_factor,
    }
