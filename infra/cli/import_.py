"""`livecam import`: files into a camera's segments."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from edge.clock import SystemClock, from_iso, to_iso
from edge.errors import BadSettings, StoreRefused, StoreUnavailable
from edge.home import Home
from edge.importer import Covered, Imported, Refused, import_files
from edge.segment import check_name
from edge.spool import Spool
from flows.config_file import whole as config
from flows.config_file.whole import Config
from infra.cli import note, say


@click.command("import")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE…")
@click.option("--camera", required=True, help="Whose footage this is.")
@click.option("--start", required=True, help="When the first picture was taken, ISO 8601 (UTC).")
@click.option("--json", "as_json", is_flag=True, help="Rows on standard output, one a line.")
def import_(files: tuple[Path, ...], camera: str, start: str, as_json: bool) -> None:
    """Cut files into a camera's segments, by stream copy.

    Several files follow one another. A stretch the camera already has is skipped.

    Example: livecam import walk.mp4 --camera hall --start 2026-11-01T10:00:00Z
    """
    chosen = config.load()
    spool = Spool(Home.from_environment().spool, node_of(chosen, check_name(camera)), SystemClock())
    report = import_files(
        spool,
        list(files),
        camera,
        _start_ms(start),
        _segment_ms(chosen, camera),
        _in_catalogue(camera),
        lambda item: _tell(item, camera, as_json),
    )
    if report.refused:
        sys.exit(1)


def node_of(chosen: Config, camera: str) -> str:
    """The camera's node. Raises BadSettings where nodes are named and none is the camera's."""
    node = chosen.flows.node_of(camera)
    if node is None:
        raise BadSettings(
            "is in no configuration, and the site names its nodes",
            camera=camera,
            path=chosen.path,
            hint=f"Add it under cameras: with node: one of {', '.join(chosen.nodes)}",
        )
    return node


def _start_ms(text: str) -> int:
    try:
        return from_iso(text)
    except ValueError:
        raise click.BadParameter(
            f"{text!r} is not an ISO 8601 time; write 2026-11-01T10:00:00Z", param_hint="--start"
        ) from None


def _segment_ms(chosen: Config, camera: str) -> int:
    if camera in chosen.cameras:
        return chosen.cameras[camera].record.segment
    return chosen.record.segment


def _in_catalogue(camera: str) -> Covered:
    """Asks the catalogue; where this machine's key cannot read it, the spool alone knows."""
    unknown: list[str] = []

    def covered(start_ms: int, end_ms: int) -> bool:
        from flows.catalogue import read
        from flows.site import open_site

        if unknown:
            return False
        try:
            return read.covered(open_site(), camera, start_ms, end_ms)
        except (StoreRefused, StoreUnavailable) as error:
            unknown.append(str(error))
            note(f"what the catalogue already has cannot be told: {error}")
            return False

    return covered


def _tell(item: Imported | Refused, camera: str, as_json: bool) -> None:
    if as_json:
        say(_row(item, camera))
    else:
        note(_line(item))


def _row(item: Imported | Refused, camera: str) -> dict[str, Any]:
    if isinstance(item, Refused):
        return {
            "file": str(item.file),
            "camera": camera,
            "status": "refused",
            "reason": str(item.error),
        }
    row: dict[str, Any] = {
        "file": str(item.file),
        "camera": camera,
        "status": "imported" if item.segment else "skipped",
        "start_utc": to_iso(item.start_ms),
        "end_utc": to_iso(item.end_ms),
    }
    if item.segment is None:
        return {**row, "reason": item.skipped}
    facts = {"id", "key", "media_ms", "wall_ms", "size_bytes", "sha256", "codec"}
    return {**row, **{name: getattr(item.segment, name) for name in sorted(facts)}}


def _line(item: Imported | Refused) -> str:
    if isinstance(item, Refused):
        return f"refused: {item.error}"
    done = item.segment.name.file if item.segment else f"skipped, {item.skipped}"
    return f"{item.file.name}  {to_iso(item.start_ms)} – {to_iso(item.end_ms)}  {done}"
