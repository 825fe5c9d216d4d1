"""`livecam models compare`: what one model finds and the other doesn't."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from edge.clock import to_iso, to_ms
from flows.config_file import whole as config
from flows.site import open_site
from infra.cli import note, say
from infra.cli.models_promote import listed, named
from infra.cli.times import Moment

if TYPE_CHECKING:
    from flows.catalogue.preferred import Model
    from flows.stages.compare import Compared


@click.command()
@click.argument("a")
@click.argument("b")
@click.option("--from", "start_ms", type=Moment(), help="Events from this time on (ISO 8601).")
@click.option("--to", "end_ms", type=Moment(), help="Events before this time.")
@click.option("--cameras", default="", help="Only on these, as gate,yard. [default: all]")
@click.option("--html", type=click.Path(path_type=Path), help="Write a page with pictures here.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a camera.")
def compare(
    a: str,
    b: str,
    start_ms: int | None,
    end_ms: int | None,
    cameras: str,
    html: Path | None,
    as_json: bool,
) -> None:
    """Show per camera what model A finds and B doesn't, and the other way round.

    Only footage that both have looked at counts: 'livecam backfill' lets one catch up. Two
    events are the same where label and time agree.

    Example: livecam models compare fastestdet yolox-s --cameras gate --html compared.html
    """
    from flows.stages.compare import compare as work

    site = open_site(config.load().flows)
    models = named(site, a), named(site, b)
    found = work(site, *models, listed(cameras), start_ms, end_ms)
    if html is not None:
        from infra.cli.compare_page import write

        write(site, html, models, found)
        note(f"wrote {html}")
    if as_json:
        say(_row(models, one) for one in found)
        return
    for one in found:
        click.echo(_line(models, one))
    if not found:
        note("there is no footage that both have looked at; 'livecam backfill' lets one catch up")


def _row(models: tuple[Model, Model], one: Compared) -> dict[str, Any]:
    return {
        "camera": one.camera,
        "a": models[0].name,
        "b": models[1].name,
        "segments": one.segments,
        "footage_s": round(one.footage_ms / 1_000, 3),
        "both": one.both,
        "only_a": [_event(event) for event in one.only_a],
        "only_b": [_event(event) for event in one.only_b],
    }


def _event(event: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": event["id"],
        "label": event["label"],
        "start_utc": to_iso(to_ms(event["start_utc"])),
        "end_utc": to_iso(to_ms(event["end_utc"])),
        "score": event["score"],
        "count": event["count"],
    }


def _line(models: tuple[Model, Model], one: Compared) -> str:
    a, b = models
    hours = one.footage_ms / 3_600_000
    return (
        f"{one.camera}: {hours:.1f} h seen by both; {one.both} events both,"
        f" {len(one.only_a)} only {a.name}, {len(one.only_b)} only {b.name}"
    )
