"""A picture of a camera as it is now; where there is none, the newest that is stored."""

from __future__ import annotations

import threading
from dataclasses import dataclass

import httpx

from dashboards import kept
from dashboards.archive import Archive
from dashboards.live.relay import address
from edge.clock import from_iso, to_ms
from edge.errors import BadMedia, CameraUnreachable, LivecamError, ObjectMissing
from edge.segment import SegmentName
from edge.serving.server import TAKEN
from flows.catalogue import findings, read
from flows.site import Following

_LIVE_MS, _STORED_MS = 1_000, 5_000
_PATIENCE_S, _AT_ONCE = 4.0, 32


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A JPEG, when it was taken (UTC, ms), and whether it comes from the camera right now."""

    jpeg: bytes
    at_ms: int
    live: bool


class Snapshots:
    """However many ask, a camera's is fetched once a second at most."""

    def __init__(self, site: Following) -> None:
        self._site = site
        # A connection for each: nobody tells us when it would be time to close them.
        limits = httpx.Limits(max_keepalive_connections=0)
        self._client = httpx.Client(timeout=_PATIENCE_S, trust_env=False, limits=limits)
        self._kept: dict[str, tuple[Snapshot | None, int]] = {}
        self._locks = [threading.Lock() for _ in range(_AT_ONCE)]

    def of(self, archive: Archive, camera: str) -> Snapshot:
        """A camera as whoever asks may see it.

        Raises ObjectMissing where nothing of it is to be had, or there is none for them.
        """
        site = archive.site
        if not site.sees(camera):
            raise _missing(camera)
        with self._locks[hash(camera) % len(self._locks)]:
            found, since_ms = self._kept.get(camera, (None, None))
            now_ms = site.clock.monotonic_ms()
            lasts_ms = _LIVE_MS if found is not None and found.live else _STORED_MS
            if since_ms is None or now_ms - since_ms >= lasts_ms:
                found = self._made(archive, camera)
                if found is not None or camera in site.cameras:  # other names are without number
                    self._kept[camera] = found, now_ms
        if found is None:
            raise _missing(camera)
        return found

    def _made(self, archive: Archive, camera: str) -> Snapshot | None:
        if camera in archive.site.cameras:
            try:
                return self._live(camera)
            except LivecamError:
                pass  # its newest stored picture says more than no picture
        try:
            return _stored(archive, camera)
        except (ObjectMissing, BadMedia):
            return None

    def _live(self, camera: str) -> Snapshot:
        where = address(self._site.now, camera)
        try:
            answer = self._client.get(
                f"{where.url}/cameras/{camera}/snapshot.jpg",
                headers={"Authorization": f"Bearer {where.token}"},
            )
            answer.raise_for_status()
            return Snapshot(answer.content, from_iso(answer.headers[TAKEN]), live=True)
        except (httpx.HTTPError, KeyError, ValueError):
            raise CameraUnreachable("its node cannot be reached", camera=camera) from None


def _stored(archive: Archive, camera: str) -> Snapshot:
    rows = read.latest(archive.site, camera)
    if rows.is_empty():
        raise _missing(camera)
    row = archive.row(SegmentName.from_file(f"{rows['id'][0]}.mp4"))
    picture = kept.thumbnail(archive.site.store, findings.thumbnail_key(row["id"]), row)
    return Snapshot(picture, to_ms(row["start_utc"]), live=False)


def _missing(camera: str) -> ObjectMissing:
    return ObjectMissing("there is no picture of such a camera", camera=camera)
