"""`livecam hold`: keep a stretch of a camera's time from retention."""

from __future__ import annotations

import click

from edge.clock import to_iso
from edge.segment import check_name
from flows import deeds
from flows.catalogue import read
from flows.retention import Hold
from flows.site import open_site
from flows.stages import holds
from infra.cli import note, say
from infra.cli.times import Moment
from infra.cli.users import by


@click.command()
@click.option("--camera", required=True, help="The camera's name.")
@click.option("--from", "start_ms", required=True, type=Moment(), help="First moment, ISO 8601.")
@click.option("--to", "end_ms", required=True, type=Moment(), help="End, ISO 8601.")
@click.option("--release", is_flag=True, help="End holds over exactly this stretch.")
@click.option("--reason", default="", help="Why, for whoever reads it later.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a hold.")
def hold(
    camera: str, start_ms: int, end_ms: int, release: bool, reason: str, as_json: bool
) -> None:
    """Hold a stretch of a camera's footage: retention leaves it, however old.

    Example: livecam hold --camera gate --from 2026-11-01T10:00:00Z --to 2026-11-01T11:00:00Z
    """
    site = open_site()
    check_name(camera)
    if release:
        touched = holds.release(site, camera, start_ms, end_ms)
    else:
        touched = [holds.place(site, camera, start_ms, end_ms, reason)]
    for one in touched:
        stretch = f"{camera} {to_iso(one.start_ms)} to {to_iso(one.end_ms)}"
        deeds.tell(site.home, by(), "release" if release else "hold", stretch)
    if as_json:
        say(_row(one, release) for one in touched)
        return
    verb = "released" if release else "held"
    for one in touched:
        click.echo(f"{verb} {one.id}: {camera} {to_iso(one.start_ms)} to {to_iso(one.end_ms)}")
    footage = read.segments(site, camera, start_ms, end_ms, all=True)
    gone = int((footage["status"] == "expired").sum())
    note(
        f"{len(footage) - gone} segments in that stretch" + (f", {gone} gone already" * bool(gone))
    )


def _row(one: Hold, released: bool) -> dict[str, object]:
    return {
        "id": one.id,
        "camera": one.camera,
        "start_utc": to_iso(one.start_ms),
        "end_utc": to_iso(one.end_ms),
        "released": released,
    }
