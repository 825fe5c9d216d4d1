"""`livecam drain`."""

from __future__ import annotations

import time

import click

from edge.home import Home
from flows.config_file import whole as config
from flows.config_file.whole import Config
from infra.cli import note, say


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def drain(as_json: bool) -> None:
    """Upload, ingest and analyse until nothing is left, in this process.

    Example: livecam drain --json
    """
    from flows.site import open_site
    from flows.stages.drain import Drained
    from flows.stages.drain import drain as work
    from flows.stages.throttle import following

    def tell(done: Drained) -> None:
        note(f"uploaded {done.uploaded}, ingested {done.ingested}, analysed {done.analysed}")

    began = time.monotonic()
    chosen = config.load()
    _prepare(chosen)
    site = open_site(chosen.flows)
    done = work(site, rate=following(site, chosen.path), progress=tell)
    row = {
        "uploaded": done.uploaded,
        "ingested": done.ingested,
        "analysed": done.analysed,
        "set_aside": len(done.set_aside),
        "seconds": round(time.monotonic() - began, 3),
    }
    if as_json:
        say(row)
    else:
        click.echo(", ".join(f"{name} {value}" for name, value in row.items()))
    for one in done.set_aside:
        note(f"set aside: {one}; 'livecam status' tells why, 'livecam replay' puts it back")


def _prepare(chosen: Config) -> None:
    """Buckets and users in a store that was never used, as `up` makes them."""
    if chosen.flows.store.kind != "s3":
        return
    from infra import minio

    told = minio.prepare_new(chosen, Home.from_environment())
    if told is not None:
        for line in ["made the buckets of a store that had none", *told]:
            note(f"store: {line}")
