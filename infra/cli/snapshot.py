"""`livecam cameras snapshot`."""

from __future__ import annotations

from pathlib import Path

import click

from edge.clock import SystemClock, to_iso
from edge.errors import BadMedia
from edge.home import Home
from edge.segment import check_name
from infra.cli import note, say


@click.command()
@click.argument("name")
@click.option("-o", "--output", type=click.Path(dir_okay=False), help="NAME.jpg where left out.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def snapshot(name: str, output: str | None, as_json: bool) -> None:
    """Save the newest keyframe of a camera that is recorded on this machine as a JPEG.

    Example: livecam cameras snapshot gate -o gate.jpg
    """
    from edge.live import follow
    from edge.serving.still import to_jpeg

    folder, clock = Home.from_environment().recorder, SystemClock()
    newest = next(iter(follow(folder, check_name(name))))
    path = Path(output or f"{name}.jpg")
    try:
        path.write_bytes(to_jpeg(newest))
    except BadMedia as error:
        raise BadMedia(error.message, camera=name) from None
    age_ms = max(clock.monotonic_ms() - newest.arrived_ms, 0)
    if as_json:
        told = {"utc": to_iso(clock.utc_ms() - age_ms), "age_s": round(age_ms / 1_000, 1)}
        say({"camera": name, "path": str(path.absolute()), **told})
    else:
        note(f"{path}: as {name} was {age_ms / 1_000:.1f} s ago")
