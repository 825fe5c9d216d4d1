"""`livecam reconcile`."""

from __future__ import annotations

import click

from flows.config_file import whole as config
from infra.cli import say


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def reconcile(as_json: bool) -> None:
    """Compare objects with rows: a missing row is made, whatever else differs is reported.

    Example: livecam reconcile --json
    """
    from flows.site import open_site
    from flows.stages.reconcile import reconcile as work

    report = work(open_site(config.load().flows))
    if as_json:
        say(report)
        return
    for name, value in report.items():
        keys = value if isinstance(value, list) else []
        click.echo(f"{name.replace('_', ' ')}: {len(keys) if isinstance(value, list) else value}")
        for key in keys:
            click.echo(f"  {key}")
