"""`livecam demo`."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import Any

import click

from edge.errors import MissingPart
from infra.cli import note, say
from infra.stack import process, record, run


@click.command()
@click.option("--exit", "leave", is_flag=True, help="End once a person was found.")
@click.option("--seconds", type=click.FloatRange(min=1), help="Record this long, then end.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def demo(leave: bool, seconds: float | None, as_json: bool) -> None:
    """Record a drawn camera, store, analyse and search it: the main job in a minute.

    State goes to LIVECAM_HOME, .livecam/demo by default. Without --exit or --seconds it goes
    on until Ctrl-C.

    Example: livecam demo --exit
    """
    from infra.stack.demo import Demo, configure

    home = configure()
    with run.stopping() as stop:
        lock = record.supervise(home)
        if lock is None:
            raise MissingPart("a demo runs here already", path=home.root, hint="`livecam down`")
        with lock:
            record.write(home, record.SUPERVISOR, asdict(process.myself()))
            shown = Demo(home, note, stop.is_set, page=not (leave or seconds))
            try:
                found = _play(shown, leave, seconds)
            finally:
                shown.close()
                record.forget(home, record.SUPERVISOR)
                record.forget(home, record.ADDRESSES)
    if found is not None and not stop.is_set():
        _tell(found, as_json)
        if leave and not seconds:
            _judge(found)


def _play(shown: Any, leave: bool, seconds: float | None) -> dict[str, Any] | None:
    """Let it run as asked; what it has to show, None where it was stopped."""
    shown.start()
    if seconds is not None:
        shown.record_for(seconds)
    elif leave:
        shown.until_enough()
    else:
        shown.stay()
        return None
    result: dict[str, Any] = shown.finish()
    return result


def _tell(found: dict[str, Any], as_json: bool) -> None:
    if as_json:
        say(found)
        return
    events = ", ".join(f"{count} {label}" for label, count in found["events"].items()) or "none"
    click.echo(f"cameras   {found['cameras']}")
    click.echo(f"segments  {found['segments']}")
    click.echo(f"events    {events}")
    click.echo(f"first searchable after {found['seconds_to_first_searchable']} s")
    click.echo(f"laws      {found['laws']['checked']} checked, {found['laws']['broken']} broken")


def _judge(found: dict[str, Any]) -> None:
    """Exit 1 when the main job was not done."""
    if found["segments"] < 2 or not found["events"].get("person"):
        note("livecam: the demo found no person in two segments; the logs tell why")
        sys.exit(1)
    if found["laws"]["broken"]:
        note("livecam: `livecam audit` names the laws that are broken")
        sys.exit(1)
