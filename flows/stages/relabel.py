"""A segment told from its object alone: its metadata, or, where that is lost, its boxes."""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from pathlib import Path

from edge import mp4
from edge.errors import BadClaim, BadMedia
from edge.part import PartHeader
from edge.segment import Segment, SegmentName
from edge.sink import Facts
from edge.spool.recording import to_segment
from flows.site import Site
from flows.stages import label
from flows.store import ObjectInfo


def segment_of(site: Site, info: ObjectInfo, path: Path, digest: str) -> Segment:
    """The segment in the file `path`, which is the object `info` and has that SHA-256.

    The fragment index is read from the file again. Without metadata `wall_ms` is the media
    time, and the node the camera's own. Raises BadClaim, BadName or BadMedia for an object that
    is no segment of ours.
    """
    name = SegmentName.from_key(info.key)
    if not digest.startswith(name.digest16):
        raise BadClaim("the object's SHA-256 is not the one in its key", key=info.key)
    written = _index(path, info.key).written()
    if info.metadata:
        told = label.from_metadata(info.metadata, info.key)
        if (told.sha256, told.size_bytes) != (digest, info.size_bytes):
            raise BadClaim("the object is not what its metadata says", key=info.key)
        return told.model_copy(update={"fragments": written.fragments})
    header = PartHeader(
        camera=name.camera,
        node=site.settings.node_of(name.camera) or "local",
        start_ms=name.start_ms,
        monotonic_ms=0,
        boot_id="",
        source="",
    )
    return to_segment(header, written)


def _index(path: Path, key: str) -> Facts:
    facts = Facts()
    for unit in _units(path, key):
        facts.add(unit)
    return facts


def _units(path: Path, key: str) -> Iterator[bytes]:
    """The init section, then fragments. Raises BadMedia where something else lies between."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        at = 0
        while at < len(data):
            with memoryview(data) as whole, whole[at:] as rest:
                size = mp4.unit_size(rest)
            if not size:
                raise BadMedia("the file ends within a fragment", key=key)
            yield data[at : at + size]
            at += size
