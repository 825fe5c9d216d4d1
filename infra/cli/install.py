"""`livecam install`: systemd units for a node's recorder and its uploads."""

from __future__ import annotations

import getpass
import grp
import os
import pwd
from pathlib import Path

import click

from edge.durable import write_file
from edge.errors import BadSettings
from edge.home import Home
from edge.settings import PLACEHOLDER, refuse_unknown
from flows.config_file import file as camera_file
from flows.config_file.whole import Config
from infra.cli import note, say
from infra.systemd.units import CAMERA_GROUPS, Node, units

FOLDER = Path("/etc/systemd/system")


@click.command()
@click.option("--node", help="The node that this machine is; needed where the site has several.")
@click.option("--user", help="Who runs it; you, or who called sudo.")
@click.option("--to", "folder", type=click.Path(path_type=Path), default=FOLDER, show_default=True)
@click.option("--print", "show", is_flag=True, help="Print the units and write nothing.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a unit.")
def install(node: str | None, user: str | None, folder: Path, show: bool, as_json: bool) -> None:
    """Write systemd units for this node's recorder and its uploads, which start with the machine.

    The two run apart: uploads that fail, or a hub that is away, move no recorder. Nothing is
    started here; what to run next is told.

    Example: sudo livecam --config /srv/livecam/livecam.yaml install --node pi1
    """
    settings = camera_file.load()
    made = _node(settings, node, user or _caller())
    texts = units(made)
    if as_json:
        say(
            {"unit": name, "path": str(folder / name), "text": text} for name, text in texts.items()
        )
    elif show:
        click.echo("\n".join(f"# {folder / name}\n{text}" for name, text in texts.items()))
    if show:
        return
    for name, text in texts.items():
        _write(folder / name, text)
    _make_home(made)
    _say_next(made, folder, texts)


def _node(settings: Config, name: str | None, user: str) -> Node:
    if name is None and len(settings.nodes) > 1:
        known = ", ".join(settings.nodes)
        raise BadSettings("the site has several nodes", hint=f"Give --node, one of: {known}")
    chosen = name or settings.nodes[0]
    refuse_unknown([chosen], settings.nodes, "nodes")
    return Node(
        chosen, _existing(user), camera_file.path(), Home.from_environment().root, _groups()
    )


def _caller() -> str:
    return os.environ.get("SUDO_USER") or getpass.getuser()


def _existing(user: str) -> str:
    try:
        return pwd.getpwnam(user).pw_name
    except KeyError:
        raise BadSettings(
            f"there is no user {user!r} here", hint=f"Make one: useradd --system {user}"
        ) from None


def _groups() -> tuple[str, ...]:
    here = {group.gr_name for group in grp.getgrall()}
    return tuple(name for name in CAMERA_GROUPS if name in here)


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_file(path, text.encode())
    except OSError as error:
        raise BadSettings(
            f"the unit cannot be written: {error.strerror}",
            path=path,
            hint="Run it with sudo, give --to DIR, or --print",
        ) from None


def _make_home(made: Node) -> None:
    """The folder must be there before the unit starts: it is all that may be written to."""
    if made.home.is_dir():
        return
    made.home.mkdir(parents=True)
    entry = pwd.getpwnam(made.user)
    if os.geteuid() == 0:
        os.chown(made.home, entry.pw_uid, entry.pw_gid)


def _say_next(made: Node, folder: Path, texts: dict[str, str]) -> None:
    note(f"written to {folder}: {', '.join(texts)}")
    names = sorted(set(PLACEHOLDER.findall(made.config.read_text())))
    if names:
        lines = ", ".join(f"{name}=…" for name in names)
        note(f"Write {lines} to {made.secrets}, a line each, readable by {made.user} only.")
    if made.home.stat().st_uid != pwd.getpwnam(made.user).pw_uid:
        note(f"{made.home} belongs to another user: sudo chown -R {made.user} {made.home}")
    note("Then: sudo systemctl daemon-reload")
    note(f"      sudo systemctl enable --now {' '.join(texts)}")
    note("      journalctl -u livecam-record -f")
