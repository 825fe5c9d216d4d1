"""`livecam notify`: who is told of what happens."""

from __future__ import annotations

from typing import Any

import click

from edge.errors import BadSettings, LivecamError, Retryable
from edge.settings import refuse_unknown
from infra.cli import note, say


@click.group()
def notify() -> None:
    """Try the addresses that livecam.yaml names under notify:.

    Example: livecam notify test --camera gate
    """


@notify.command()
@click.option("--camera", help="Its own addresses; without, the site's.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object an address.")
def test(camera: str | None, as_json: bool) -> None:
    """Send a message to each address, and say which could be told. No address is printed.

    Example: livecam notify test
    """
    from flows.config_file import whole as config
    from flows.notify.send import send, service_of
    from flows.notify.words import Words

    found = config.load()
    if camera is not None:
        refuse_unknown([camera], found.cameras, "cameras")
    chosen = found.flows.notify if camera is None else found.flows.notify_for(camera)
    if not chosen.urls:
        raise BadSettings(
            "nobody is to be notified", camera=camera, hint="Write notify: ['json://host/path']"
        )
    what = f"camera {camera}" if camera else "the whole site"
    said = Words(f"Livecam at {found.flows.site}", f"A test of who hears of {what}.")
    rows = []
    for number, url in enumerate(chosen.urls, 1):
        trouble = None
        try:
            send(url, said)
        except LivecamError as error:
            trouble = error.message
        rows.append({"address": number, "service": service_of(url), "trouble": trouble})
    _show(rows, as_json)


def _show(rows: list[dict[str, Any]], as_json: bool) -> None:
    if as_json:
        say(rows)
    else:
        for row in rows:
            click.echo(f"{row['address']:3}  {row['service']:12} {row['trouble'] or 'told'}")
    failed = sum(row["trouble"] is not None for row in rows)
    if failed:
        raise Retryable(f"{failed} of {len(rows)} could not be told")
    note(f"{len(rows)} told")
