"""`livecam search`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import click

from edge.clock import to_iso, to_ms
from flows.config_file import whole as config
from infra.cli import note, say
from infra.cli.times import Moment


@click.command()
@click.option("--segments", "what", flag_value="segments", help="Search segments.")
@click.option(
    "--events", "what", flag_value="events", default="events", help="Search events (default)."
)
@click.option("--camera", help="Of this camera only.")
@click.option(
    "--from", "start_ms", type=Moment(), help="What ends after this time (ISO 8601, UTC)."
)
@click.option("--to", "end_ms", type=Moment(), help="What begins before this time.")
@click.option("--label", help="Events of this label, such as person.")
@click.option(
    "--confidence",
    type=click.FloatRange(0, 1),
    default=0.0,
    help="Events that score at least this.",
)
@click.option("--all", "every", is_flag=True, help="Segments that expired or were set aside too.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object a row.")
def search(
    what: str,
    camera: str | None,
    start_ms: int | None,
    end_ms: int | None,
    label: str | None,
    confidence: float,
    every: bool,
    as_json: bool,
) -> None:
    """Find segments and events.

    Example: livecam search --events --camera hall --label person --from 2026-11-01
    """
    from flows.catalogue import read
    from flows.site import open_site

    site = open_site(config.load().flows)
    if what == "segments":
        found = read.segments(
            site, camera, start_ms, end_ms, all=every, columns=read.SEGMENT_COLUMNS
        )
    else:
        found = read.events(
            site,
            camera,
            start_ms,
            end_ms,
            label=label,
            confidence=confidence,
            columns=(*read.EVENT_COLUMNS, "zones"),
        )
    rows = (_told(row) for row in found.iter_rows(named=True))
    if as_json:
        say(rows)
    elif found.is_empty():
        note(f"no {what} found")
    else:
        _table(list(rows), _SHOWN[what])


_SHOWN = {
    "segments": ("status", "camera", "start_utc", "end_utc", "size_bytes", "codec", "key"),
    "events": ("camera", "label", "start_utc", "end_utc", "score", "count"),
}


def _told(row: Mapping[str, Any]) -> dict[str, Any]:
    return {n: to_iso(to_ms(v)) if isinstance(v, datetime) else v for n, v in row.items()}


def _table(rows: list[dict[str, Any]], columns: tuple[str, ...]) -> None:
    widths = {c: max(len(c), *(len(str(row[c])) for row in rows)) for c in columns}
    click.echo("  ".join(c.ljust(widths[c]) for c in columns).rstrip())
    for row in rows:
        click.echo("  ".join(str(row[c]).ljust(widths[c]) for c in columns).rstrip())
