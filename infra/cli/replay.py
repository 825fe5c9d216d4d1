"""`livecam replay`."""

from __future__ import annotations

import click

from flows.config_file import whole as config
from infra.cli import note, say


@click.command()
@click.argument("ids", nargs=-1, metavar="[ID]...")
@click.option("--all", "every", is_flag=True, help="Everything that is set aside.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object a row.")
def replay(ids: tuple[str, ...], every: bool, as_json: bool) -> None:
    """Put back what was set aside: the next ingest or analyse tries it again.

    Without ID and --all it lists what is set aside.

    Example: livecam replay --all
    """
    from flows.catalogue import read
    from flows.site import open_site
    from flows.stages.replay import replay as work

    site = open_site(config.load().flows)
    if ids or every:
        rows = work(site, None if every else ids)
    else:
        rows = read.set_aside(site).select("id", "stage", "camera", "key", "reason").to_dicts()
    if as_json:
        say(rows)
        return
    for row in rows:
        click.echo(f"{row['id']}: {row['reason']}")
    if not rows:
        note("nothing is set aside")
