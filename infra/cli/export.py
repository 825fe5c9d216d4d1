"""`livecam export`: a stretch of some cameras as MP4 files, with a manifest that can be checked."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import click

from edge.errors import BadSettings
from flows.config_file import whole as config
from infra.cli import note, say
from infra.cli.times import Moment


@click.command()
@click.option("--camera", "cameras", required=True, multiple=True, help="Whose; may be repeated.")
@click.option("--from", "start_ms", required=True, type=Moment(), help="First moment, ISO 8601.")
@click.option("--to", "end_ms", required=True, type=Moment(), help="End, ISO 8601.")
@click.option(
    "-o",
    "output",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="A folder; it is made where there is none.",
)
@click.option("--name", default="", help="What it is, for whoever reads the manifest later.")
@click.option("--json", "as_json", is_flag=True, help="The manifest on standard output.")
def export(
    cameras: tuple[str, ...], start_ms: int, end_ms: int, output: Path, name: str, as_json: bool
) -> None:
    """Copy a stretch of footage out as MP4, unchanged, with digests of everything.

    Each file begins with the keyframe at or before the stretch; what is a gap is a picture held.
    Check it with: cd DIR && sha256sum -c SHA256SUMS

    Example: livecam export --camera gate --from 2026-11-01T10:00Z --to 2026-11-01T10:05Z -o gate
    """
    from flows import deeds
    from flows.site import open_site
    from flows.stages import export as stage
    from flows.stages.manifest import MANIFEST

    site = open_site(config.load().flows)
    wanted = stage.Wanted(cameras, start_ms, end_ms, name, stage.who_runs())
    if (output / MANIFEST).exists():
        hint = "Name another folder"
        raise BadSettings("there is an export in it already", path=output, hint=hint)
    told = stage.export(site, wanted, output, moved=_progress())
    deeds.tell(site.home, wanted.who, "export", f"{wanted.id} of {', '.join(cameras)}")
    if as_json:
        say(told.as_json())
        return
    for camera in told.cameras:
        for file in camera.files:
            size = file.made.size_bytes / 1e6
            click.echo(f"{output / file.name}: {file.made.pictures} pictures, {size:.1f} MB")
        missing = sum(gap.end_ms - gap.start_ms for gap in camera.gaps) / 1_000
        if missing:
            causes = ", ".join(sorted({gap.cause for gap in camera.gaps}))
            note(f"{camera.name}: {missing:.0f} s of it are in no file ({causes})")


def _progress() -> Callable[[int, int], None]:
    """Tells percent on standard error, on one line of a terminal."""
    told = -1

    def moved(done: int, total: int) -> None:
        nonlocal told
        percent = 100 * done // max(total, 1)
        if percent != told and (sys.stderr.isatty() or percent // 10 != told // 10):
            told = percent
            end = "\r" if sys.stderr.isatty() and percent < 100 else "\n"
            click.echo(f"{percent} % of {total / 1e6:.0f} MB", err=True, nl=False)
            click.echo(end, err=True, nl=False)

    return moved
