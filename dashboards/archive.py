"""What the gateway reads of a site: the catalogue's rows, and where a segment's bytes are."""

from __future__ import annotations

from dataclasses import dataclass, replace
from threading import Lock
from typing import Any

import polars as pl

from dashboards.access.visitor import LOCAL, Visitor
from edge.errors import BadName, ObjectMissing
from edge.segment import SegmentName, check_name
from flows.catalogue import findings, read
from flows.catalogue.schema import ANALYSES, SEGMENTS, Status
from flows.site import Following, Site
from flows.store import LIVECAM

# Rows never change but for their status, and a player asks for one segment's five times.
REMEMBERED_MS = 60_000
MOST_REMEMBERED = 20_000

PLAYED = ("id", "start_utc", "key", "version_id", "size_bytes", "mime_codecs", "init_bytes")


@dataclass(frozen=True, slots=True)
class Pinned:
    """Where one segment's bytes are: the row's own version (C1)."""

    key: str
    version_id: str
    size_bytes: int
    read_ms: int


class _Pins:
    """Where bytes are of what was asked for lately, whoever asked."""

    def __init__(self) -> None:
        self._pinned: dict[str, Pinned] = {}
        self._lock = Lock()

    def of(self, name: SegmentName, since_ms: int = 0) -> Pinned | None:
        """What was read at `since_ms` or later."""
        with self._lock:
            found = self._pinned.get(name.id)
            if found is None or found.read_ms >= since_ms:
                return found
            del self._pinned[name.id]
            return None

    def add(self, found: pl.DataFrame, now_ms: int) -> None:
        """Rows with at least the columns of a Pinned."""
        rows = found.select("id", "key", "version_id", "size_bytes").iter_rows()
        with self._lock:
            if len(self._pinned) > MOST_REMEMBERED:
                self._pinned.clear()
            self._pinned.update(
                {row[0]: Pinned(row[1], row[2] or "", row[3], now_ms) for row in rows}
            )


class Archive:
    """The catalogue and the store behind it, as far as somebody may see them.

    Of what they may not see it answers as of what never was. Safe to share between threads.
    """

    def __init__(
        self, site: Site | Following, visitor: Visitor = LOCAL, pins: _Pins | None = None
    ) -> None:
        self._following = site if isinstance(site, Following) else Following(site)
        self._visitor, self._pins = visitor, pins or _Pins()

    def seen_by(self, visitor: Visitor) -> Archive:
        """The same as that visitor may see it; what was read once serves all."""
        return Archive(self._following, visitor, self._pins)

    @property
    def following(self) -> Following:
        """The site as it is, whoever asks: for what is done on their behalf."""
        return self._following

    @property
    def site(self) -> Site:
        """As the configuration says now, with the visitor's cameras only."""
        return replace(self._following.now, only=self._visitor.cameras)

    def sure(self, found: pl.DataFrame) -> pl.DataFrame:
        """The same rows; where there are none, only if the store is there to have them.

        A table that was never made and one whose disk is not mounted look alike.
        """
        if found.is_empty():
            self.site.store.folders(LIVECAM, "catalogue/")
        return found

    def playable(
        self, camera: str, start_ms: int, end_ms: int, mime: str | None = None
    ) -> pl.DataFrame:
        """Stored segments of a stretch, of one kind or all, with what a playlist needs."""
        columns = (*PLAYED, "ranges")
        found = self.sure(read.segments(self.site, camera, start_ms, end_ms, columns=columns))
        self._remember(found)
        return found if mime is None else found.filter(pl.col("mime_codecs") == mime)

    def pinned(self, name: SegmentName) -> Pinned:
        """A stored segment's object. Raises ObjectMissing for what is not stored."""
        if not self._visitor.sees(name.camera):
            raise _missing(name)
        found = self._pins.of(name, self.site.clock.utc_ms() - REMEMBERED_MS)
        if found is None:
            self._remember(self._named(name, PLAYED))
            found = self._pins.of(name)
        if found is None:
            raise _missing(name)
        return found

    def row(self, name: SegmentName) -> dict[str, Any]:
        """One stored segment's row. Raises ObjectMissing."""
        rows = self._named(name, None)
        if rows.is_empty():
            raise _missing(name)
        return rows.row(0, named=True)

    def event(self, id: str) -> dict[str, Any]:  # noqa: A002 - the row's own word
        """One event's row. Raises ObjectMissing, BadName for what is no id."""
        camera, start_ms = _event(id)
        rows = read.events(self.site, camera, start_ms, start_ms + 1).filter(pl.col("id") == id)
        if rows.is_empty():
            raise ObjectMissing("there is no such event", camera=camera)
        return rows.row(0, named=True)

    def thumbnail_key(self, name: SegmentName) -> str:
        """Where the picture of a segment lies that was analysed. Raises ObjectMissing."""
        if read.of_segment(self.site, ANALYSES, name.id, columns=("id",)).is_empty():
            raise ObjectMissing("the segment has no picture yet", camera=name.camera)
        return findings.thumbnail_key(name.id)

    def _named(self, name: SegmentName, columns: tuple[str, ...] | None) -> pl.DataFrame:
        stored = pl.col("status") == str(Status.STORED)
        rows = read.of_segment(self.site, SEGMENTS, name.id, where=stored, columns=columns)
        return self.sure(rows)

    def _remember(self, found: pl.DataFrame) -> None:
        self._pins.add(found, self.site.clock.utc_ms())


def _missing(name: SegmentName) -> ObjectMissing:
    return ObjectMissing("no such segment is stored", camera=name.camera)


def _event(id: str) -> tuple[str, int]:  # noqa: A002
    """Camera and start (ms) of an event's id, `<camera>_<label>_<start ms>`."""
    camera, _, rest = id.partition("_")
    start = rest.rpartition("_")[2]
    if not (start.isascii() and start.isdigit() and len(start) < 15):
        raise BadName(f"not an event's id: {id!r}")
    return check_name(camera), int(start)
