"""`livecam cameras`: what livecam.yaml says of cameras, shown and edited in place."""

from __future__ import annotations

import getpass
import re
from collections.abc import Container, Sequence
from typing import Any
from urllib.parse import urlsplit

import click
import yaml

from edge import report
from edge.clock import SystemClock, to_iso
from edge.errors import BadName, BadSettings, LivecamError
from edge.home import Home
from edge.modes.pause import pause, paused, resume
from edge.modes.plan import Mode
from edge.segment import check_name
from edge.settings import PLACEHOLDER, CameraSettings, redact, refuse_unknown
from flows.config_file import file as camera_file
from flows.config_file import yaml_edit
from flows.config_file.whole import CAMERA, Config
from infra.cli import note, say
from infra.cli.snapshot import snapshot

Pair = tuple[tuple[str, ...], Any]


@click.group()
def cameras() -> None:
    """List cameras; add, change and remove them while everything runs.

    The file keeps its comments and its order. A recorder that runs takes it over within seconds:
    only the cameras that changed begin anew.

    Example: livecam cameras add gate 'rtsp://user:{GATE_PASSWORD}@gate.local/stream'
    """


cameras.add_command(snapshot)


@cameras.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a camera.")
def list_(as_json: bool) -> None:
    """Show cameras, their nodes and modes, sources without passwords, how old their footage is.

    Example: livecam cameras list --json
    """
    found = camera_file.load()
    newest = _newest(found)
    paused_here = paused(Home.from_environment().recorder)
    rows = [_row(one, newest.get(one.name), paused_here) for one in found.cameras.values()]
    if as_json:
        say(rows)
        return
    for row in rows:
        age = row["newest_age_s"]
        told = "no footage yet" if age is None else f"{age:.0f} s ago"
        click.echo(
            f"{row['camera']:16} {row['node']:10} {row['mode']:11} {told:16} {row['source']}"
        )


@cameras.command()
@click.argument("name")
@click.argument("source")
@click.argument("settings", nargs=-1, metavar="[KEY=VALUE]…")
@click.option("--node", help="The node that records it; needed where the site has several.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def add(name: str, source: str, settings: Sequence[str], node: str | None, as_json: bool) -> None:
    """Add a camera to livecam.yaml. Write a password as {NAME}: it is read from the environment.

    Example: livecam cameras add yard 'rtsp://u:{YARD_PASSWORD}@yard.local/s' record.segment=1m
    """
    _checked(name)
    if name in camera_file.load().cameras:
        raise BadSettings("is there already", camera=name, hint="`livecam cameras set` changes it")
    pairs = [_pair(word) for word in settings]
    entry = {**({"node": node} if node else {}), "source": source}

    def edit(text: str) -> str:
        return _put(yaml_edit.put(text, ("cameras", name), entry), name, pairs)

    _change(edit, name, name, "added", as_json)


@cameras.command("set")
@click.argument("name")
@click.argument("settings", nargs=-1, required=True, metavar="KEY=VALUE…")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def set_(name: str, settings: Sequence[str], as_json: bool) -> None:
    """Change a camera's keys in livecam.yaml; KEY= takes one out.

    Example: livecam cameras set gate record.segment=1m retain.days=7 node=
    """
    _known(name)
    pairs = [_pair(word) for word in settings]
    _change(lambda text: _put(text, name, pairs), name, name, "changed", as_json)


@cameras.command()
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def remove(name: str, as_json: bool) -> None:
    """Take a camera out of livecam.yaml. Its footage stays, and its time from now on is disabled.

    Example: livecam cameras remove gate
    """
    _known(name)
    _change(lambda text: yaml_edit.drop(text, ("cameras", name)), name, None, "removed", as_json)


@cameras.command("pause")
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def pause_(name: str, as_json: bool) -> None:
    """Record no more of a camera, until `resume`; its time is accounted for as disabled, paused.

    For the node on which it is said: livecam.yaml stays as it is, and so does the pause when
    the recorder or the machine starts again.

    Example: livecam cameras pause gate
    """
    _known(name)
    pause(Home.from_environment().recorder, name, SystemClock().utc_ms())
    _told(name, "paused", as_json)


@cameras.command("resume")
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def resume_(name: str, as_json: bool) -> None:
    """Record a paused camera again.

    Example: livecam cameras resume gate
    """
    _known(name)
    was = resume(Home.from_environment().recorder, name)
    _told(name, "resumed" if was else "not paused", as_json)


def _told(name: str, done: str, as_json: bool) -> None:
    here = _recorded_here(name)
    if as_json:
        say({"camera": name, "done": done, "recorded_here": here})
        return
    note(f"{name}: {done}")
    if not here:
        node = camera_file.load().cameras[name].node
        note(f"No recorder that runs on this machine records it now; its node is {node}.")


def _recorded_here(name: str) -> bool:
    reports = report.read(Home.from_environment().recorder, SystemClock().utc_ms())
    return any(name in found.cameras for found in reports.values())


def _change(edit: Any, name: str, camera: str | None, done: str, as_json: bool) -> None:
    path = camera_file.change(edit, camera, f"cli:{getpass.getuser()}", f"camera {name} {done}")
    if as_json:
        say({"camera": name, "done": done, "path": str(path)})
    else:
        note(f"{name}: {done} in {path}; a recorder that runs takes it over within seconds")
    one = None if camera is None else camera_file.load().cameras[camera]
    if one is not None and any(map(_shows_password, (one.source, one.sub))):
        note("Its password stands in the file: {NAME} instead is read from the environment.")


def _put(text: str, name: str, pairs: Sequence[Pair]) -> str:
    for path, value in pairs:
        whole = ("cameras", name, *path)
        text = _dropped(text, whole) if value is None else yaml_edit.put(text, whole, value)
    return text


def _dropped(text: str, path: tuple[str, ...]) -> str:
    try:
        return yaml_edit.drop(text, path)
    except KeyError:
        return text  # it is not there: as asked


def _pair(word: str) -> Pair:
    """`record.segment=1m` as path and value; None where the key is to be taken out."""
    key, equals, value = word.partition("=")
    if not equals or not key:
        raise click.UsageError(f"{word!r} is not KEY=VALUE")
    path = tuple(key.split("."))
    refuse_unknown(path[:1], CAMERA, "a camera")
    if value == "":
        return path, None
    # An address is no YAML, and neither is {NAME}.
    if path in {("source",), ("sub",)} or PLACEHOLDER.search(value):
        return path, value
    try:
        return path, yaml.safe_load(value)
    except yaml.YAMLError:
        return path, value


def _checked(name: str) -> None:
    try:
        check_name(name)
    except BadName as error:
        raise BadSettings(error.message, hint=error.hint) from None


def _known(name: str) -> None:
    found = camera_file.load()
    try:
        refuse_unknown([name], found.cameras, "cameras")
    except BadSettings as error:
        raise BadSettings(f"there is no camera {name!r}", hint=error.hint) from None


def _shows_password(source: str) -> bool:
    if not re.match(r"[a-z0-9+.-]+://", source):
        return False
    try:
        password = urlsplit(source).password
    except ValueError:
        return False
    return bool(password) and not PLACEHOLDER.search(str(password))


def _row(
    camera: CameraSettings, newest_ms: int | None, paused_here: Container[str]
) -> dict[str, Any]:
    now_ms = SystemClock().utc_ms()
    age_ms = None if newest_ms is None else max(now_ms - newest_ms, 0)
    mode = Mode.PAUSED if camera.name in paused_here else camera.record.plan.at(now_ms)
    return {
        "camera": camera.name,
        "node": camera.node,
        "mode": mode.value,
        "source": redact(camera.source),
        "sub": redact(camera.sub),
        "fallback": bool(camera.fallback),
        "newest_utc": None if newest_ms is None else to_iso(newest_ms),
        "newest_age_s": None if age_ms is None else age_ms // 1000,
    }


def _newest(found: Config) -> dict[str, int]:
    """The end of each camera's newest footage, in the store or in this machine's spool."""
    newest = _spooled(found)
    try:
        for camera, end_ms in _stored(found).items():
            newest[camera] = max(newest.get(camera, 0), end_ms)
    except LivecamError as error:
        note(f"what is in the store is not known: {error}")
    return newest


def _stored(found: Config) -> dict[str, int]:
    from edge.clock import to_ms
    from flows.catalogue import read
    from flows.site import open_site

    rows = read.latest(open_site(found.flows)).iter_rows(named=True)
    return {row["camera"]: to_ms(row["end_utc"]) for row in rows}


def _spooled(found: Config) -> dict[str, int]:
    from edge.spool import Spool

    root = Home.from_environment().spool
    if not root.is_dir():
        return {}
    spool = Spool(root, found.nodes[0], SystemClock())
    each = ((name, spool.newest(name)) for name in found.cameras)
    return {name: segment.end_ms for name, segment in each if segment is not None}
