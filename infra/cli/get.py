"""`livecam get`."""

from __future__ import annotations

import shutil
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from edge.errors import BadName, BadSettings, Damaged, ObjectMissing
from edge.segment import SegmentName
from flows.config_file import whole as config
from infra.cli import note

if TYPE_CHECKING:
    from flows.site import Site


@click.command()
@click.argument("key")
@click.option("-o", "output", required=True, metavar="FILE", help="Where to; - is standard output.")
def get(key: str, output: str) -> None:
    """Fetch one segment's bytes, verified against its row.

    Example: livecam get videos/hall/2026-11-01/hall_20261101_100000.000Z_<16 hex>.mp4 -o a.mp4
    """
    from flows.site import open_site

    site = open_site(config.load().flows)
    row = _row(site, key)
    if output == "-":
        _to_stdout(site, row)
        return
    _to_file(site, row, Path(output))
    note(f"{output}: {row['size_bytes']} bytes, SHA-256 {row['sha256']}")


def _row(site: Site, key: str) -> dict[str, Any]:
    """The key's row, whatever its status. Raises BadName or ObjectMissing."""
    from flows.catalogue import read

    try:
        name = SegmentName.from_key(key)
    except BadName:
        hint = "'livecam search --segments' tells keys"
        raise BadName("not a segment's key", key=key, hint=hint) from None
    at = name.start_ms
    found = read.segments(site, name.camera, at, at + 1, all=True)
    rows = [row for row in found.iter_rows(named=True) if row["key"] == key]
    if not rows:
        raise ObjectMissing("the catalogue has no such segment", key=key)
    if rows[0]["status"] == "expired":
        raise ObjectMissing(f"this footage expired: {rows[0]['reason']}", key=key)
    return rows[0]


@contextmanager
def _verified(site: Site, row: dict[str, Any], folder: Path) -> Iterator[Path]:
    """The pinned version in a temporary file of `folder`, its digest the row's (C1)."""
    from flows.store import FOOTAGE

    part = folder / f".livecam-{uuid.uuid4().hex}.part"
    try:
        digest = site.store.fetch(FOOTAGE, row["key"], part, row["version_id"])
        if digest != row["sha256"]:
            raise Damaged(f"its SHA-256 is {digest}, the row's {row['sha256']}", key=row["key"])
        yield part
    finally:
        part.unlink(missing_ok=True)


def _to_file(site: Site, row: dict[str, Any], target: Path) -> None:
    if not target.parent.is_dir():
        raise BadSettings("there is no such folder", path=target.parent)
    with _verified(site, row, target.parent) as part:
        part.replace(target)


def _to_stdout(site: Site, row: dict[str, Any]) -> None:
    site.home.scratch.mkdir(parents=True, exist_ok=True)
    with _verified(site, row, site.home.scratch) as part, part.open("rb") as file:
        shutil.copyfileobj(file, sys.stdout.buffer)
    sys.stdout.buffer.flush()
