"""`livecam doctor`: what is wrong with this machine, the store or the configuration."""

from __future__ import annotations

import sys
from dataclasses import asdict

import click

from edge.clock import SystemClock
from edge.home import Home
from infra.checks import Check, Level
from infra.cli import note, say


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object a check.")
@click.option("--app", help="Where browsers open the pages; what runs here by default.")
def doctor(as_json: bool, app: str | None) -> None:
    """Check this machine, the store and the configuration; exit 1 where something fails.

    Example: livecam doctor --app https://livecam.example
    """
    from infra.checks.site import everything

    failed = 0
    for check in everything(Home.from_environment(), SystemClock(), app):
        failed += check.level == Level.FAIL
        if as_json:
            say({"check": check.name, **{k: v for k, v in asdict(check).items() if k != "name"}})
        else:
            _show(check)
    if failed:
        note(f"checks that fail: {failed}")
        sys.exit(1)


def _show(check: Check) -> None:
    colour = {Level.OK: "green", Level.WARN: "yellow", Level.FAIL: "red"}[check.level]
    click.echo(f"{click.style(f'{check.level:4}', fg=colour)}  {check.name:13}  {check.told}")
    if check.way_out:
        click.echo(f"{'':21}{check.way_out}")
