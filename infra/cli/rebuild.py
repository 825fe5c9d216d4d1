"""`livecam rebuild`."""

from __future__ import annotations

import click

from flows.config_file import whole as config
from infra.cli import say


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def rebuild(as_json: bool) -> None:
    """Drop the tables and fold them again from the bucket: footage and journal lose nothing.

    Example: livecam rebuild
    """
    from flows.site import open_site
    from flows.stages.rebuild import rebuild as work
    from flows.stages.reconcile import reconcile as compare

    site = open_site(config.load().flows)
    done = work(site)
    # Footage that no journal tells of gets its row from the object itself.
    made = compare(site)["rows_made"]
    row = {
        "batches": done.folded.batches,
        "facts": done.folded.facts,
        "rows": done.rows,
        "rows_made": made,
    }
    if as_json:
        say(row)
        return
    click.echo(f"folded {done.folded.facts} facts of {done.folded.batches} batches")
    for name, count in done.rows.items():
        click.echo(f"  {name:<12}{count:>10}")
