"""Sites for tests of the stages: real stores, real footage drawn and sealed into a real spool."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from edge.clock import SystemClock, from_iso
from edge.errors import LivecamError
from edge.home import Home
from edge.segment import Segment
from edge.spool import Spool
from flows.settings import parse
from flows.site import Site
from flows.store.access import Access, Key
from flows.store.folder import FolderStore
from flows.store.s3 import S3Store
from infra.minio import Owner
from tests.servers.minio_server import Minio

START_MS = from_iso("2026-11-01T10:00:00Z")
FPS, SECONDS = 10, 2
# For what asks the store for nothing that its contract tests do not ask of both.
minio_in_full = pytest.mark.parametrize(
    "site", ["folder", pytest.param("minio", marks=pytest.mark.full)], indirect=True
)


def folder_site(root: Path, document: Mapping[str, Any] | None = None) -> Site:
    """A site on the embedded default."""
    home = Home(root)
    store = FolderStore(home.store)
    store.prepare()
    return Site(parse(document or {}), home, store, SystemClock())


def minio_site(minio: Minio, root: Path, document: Mapping[str, Any] | None = None) -> Site:
    """A site on a real MinIO, its buckets made as the site's owner makes them."""
    key = Key(minio.access_key, minio.secret_key)
    _patiently(Owner(minio.endpoint, "us-east-1", key, own=True).make_buckets)
    store = S3Store(Access(minio.endpoint, minio.endpoint, "us-east-1", key))
    return Site(parse(document or {}), Home(root), store, SystemClock())


def _patiently(work: Callable[[], object]) -> None:
    """A MinIO that calls itself ready may still refuse its first requests."""
    deadline = time.monotonic() + 20
    while True:
        try:
            work()
        except LivecamError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            return


@cache
def clip(shade: int, seconds: int = SECONDS, height: int = 32) -> bytes:
    """An MP4 of a square that crosses a grey yard; `shade` tells one clip from another.

    It is low, so that HOG has little to look through: most of a drain would else be that.
    """
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as container:
        stream = container.add_stream(
            "libx264", rate=FPS, options={"preset": "ultrafast", "g": "10"}
        )
        stream.width, stream.height, stream.pix_fmt = 160, height, "yuv420p"
        for number in range(FPS * seconds):
            picture = np.full((height, 160, 3), shade, np.uint8)
            picture[1:31, 4 * number % 120 : 4 * number % 120 + 30] = 255
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())
    return file.getvalue()


def seal(
    site: Site,
    camera: str,
    start_ms: int,
    *,
    node: str = "local",
    shade: int = 90,
    kind: str = "scene",
    rung: str = "",
    monotonic_ms: int = 0,
    synchronised: bool | None = None,
    activity: str = "",
) -> Segment:
    """One drawn segment in the site's spool."""
    spool = Spool(site.home.spool, node, site.clock)
    with av.open(io.BytesIO(clip(shade)), "r") as source:
        video = source.streams.video[0]
        recording = spool.begin(
            camera,
            start_ms=start_ms,
            monotonic_ms=monotonic_ms,
            source=kind,
            video=video,
            rung=rung,
            synchronised=synchronised,
        )
        for packet in source.demux(video):
            if packet.size:
                recording.write(packet)
        segment = recording.complete(SECONDS * 1_000, activity)
        recording.store(segment)
        return segment


def seal_some(
    site: Site, camera: str = "hall", count: int = 3, *, node: str = "local"
) -> list[Segment]:
    """Segments that follow one another, each of other bytes."""
    return [
        seal(site, camera, START_MS + i * SECONDS * 1_000, node=node, shade=60 + 20 * i)
        for i in range(count)
    ]
