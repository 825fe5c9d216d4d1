"""A small archive for tests: stored segments of random bytes, journalled and folded."""

from __future__ import annotations

import hashlib
import random
import time
from dataclasses import dataclass, field
from pathlib import Path

from edge.home import Home
from edge.segment import Fragment, Gap, Origin, Segment
from flows.catalogue import facts, journal
from flows.catalogue.fold import fold
from flows.catalogue.journal import Kind
from flows.settings import FlowSettings
from flows.site import Site
from flows.store import FOOTAGE, LIVECAM
from flows.store.folder import FolderStore

DAY_MS = 86_400_000
SEGMENT_MS = 30_000


@dataclass
class FakeClock:
    """A clock that stands until it is moved.

    It begins at the real time, since a folder store's time of arrival is its files' own.
    """

    now_ms: int = field(default_factory=lambda: time.time_ns() // 1_000_000)

    def utc_ms(self) -> int:
        return self.now_ms

    def monotonic_ms(self) -> int:
        return self.now_ms

    def boot_id(self) -> str:
        return "boot"

    def sleep(self, seconds: float) -> None:
        self.now_ms += round(seconds * 1_000)


def folder_site(root: Path, settings: FlowSettings | None = None) -> Site:
    """A site on a folder store; its clock stands still."""
    home = Home(root)
    chosen = settings or FlowSettings(nodes=("local",))
    store = FolderStore(home.store)
    store.prepare()
    return Site(chosen, home, store, FakeClock())


def segment_of(data: bytes, camera: str, start_ms: int, wall_ms: int = SEGMENT_MS) -> Segment:
    """The segment that these bytes would be; they need not be footage."""
    return Segment(
        camera=camera,
        node="local",
        start_ms=start_ms,
        media_ms=wall_ms,
        wall_ms=wall_ms,
        size_bytes=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        codec="h264",
        mime_codecs="avc1.64001f",
        width=640,
        height=360,
        fps=15,
        time_scale=90_000,
        fragments=(Fragment(10, len(data) - 10, 0, True, 0),),
        origin=Origin.RECORDED,
        source="scene",
    )


def put(site: Site, camera: str, start_ms: int, received_ms: int | None = None) -> Segment:
    """Store a segment with its thumbnail, and journal it; fold to see it in the tables."""
    data = random.Random(f"{camera}{start_ms}").randbytes(200)
    segment = segment_of(data, camera, start_ms)
    site.store.create(FOOTAGE, segment.key, data, sha256=segment.sha256)
    thumbnail = segment.key.replace("videos/", "thumbnails/").replace(".mp4", ".jpg")
    site.store.create(LIVECAM, thumbnail, b"picture")
    info = site.store.head(FOOTAGE, segment.key)
    arrived = segment.end_ms if received_ms is None else received_ms
    fact = facts.stored(segment, version_id=info.version_id, received_ms=arrived)
    journal.write(site.store, Kind.SEGMENTS, [fact], site.clock.utc_ms())
    return segment


def miss(site: Site, gap: Gap) -> None:
    """Journal a gap."""
    journal.write(site.store, Kind.GAPS, [facts.missed(gap)], site.clock.utc_ms())


def fill(site: Site, camera: str, days_ago: float, number: int = 3) -> list[Segment]:
    """Consecutive segments of a camera, the first captured so many days ago; folded."""
    start = site.clock.utc_ms() - round(days_ago * DAY_MS)
    made = [put(site, camera, start + n * SEGMENT_MS) for n in range(number)]
    fold(site, everything=True)
    return made
