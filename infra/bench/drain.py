"""drain: 500 segments of 2 MB from spool to receipts, beside plain boto3 threads.

Both put the same bytes on the same MinIO with as many threads; ours also demands that the name
is free, has the server verify the digest, writes receipts and evicts from the spool.
"""

from __future__ import annotations

import hashlib
import random
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import boto3

from edge.clock import SystemClock
from edge.home import Home
from edge.segment import Fragment, Origin, Segment
from edge.spool import Spool
from flows.config_file import whole as config
from flows.settings import FlowSettings
from flows.site import Site, open_site
from flows.stages.upload import SENDERS, upload
from flows.store import FOOTAGE
from infra import minio
from infra.bench import Goal, Row
from infra.stack import part, process
from infra.stack.ports import Ports

SEGMENTS, SIZE_BYTES = 500, 2_000_000
WARM_UP = 20
FIRST_MS = 1_790_000_000_000


def rows(folder: Path, say: Callable[[str], None]) -> Iterator[Row]:
    """One row: MB a second from the first PUT to the last receipt."""
    home = Home(folder)
    with server(home) as endpoint:
        site = open_site(_settings(home, endpoint), home)
        say(f"writing {SEGMENTS} segments of {SIZE_BYTES / 1e6:g} MB to the spool")
        files = _fill(home.spool, WARM_UP, seed=1)
        _boto3(home, endpoint, files)
        upload(site, Spool(home.spool, "local", site.clock))
        files = _fill(home.spool, SEGMENTS, seed=2)
        say("plain boto3 threads")
        peer = _boto3(home, endpoint, files)
        say("livecam")
        ours = _ours(site)
    megabytes = SEGMENTS * SIZE_BYTES / 1e6
    goal = Goal(0.8, "ratio", at_least=True)
    yield Row("drain", megabytes / ours, megabytes / peer, "boto3 threads", "MB/s", goal)


def _settings(home: Home, endpoint: str) -> FlowSettings:
    chosen = config.load({"store": {"kind": "s3"}})
    for line in minio.prepare(chosen, home, endpoint):
        sys.stderr.write(line + "\n")
    return chosen.flows


@contextmanager
def server(home: Home) -> Iterator[str]:
    """A MinIO of its own on a free port, ended with the block."""
    ports = Ports()
    port = ports.free(9000)
    argv, environment = minio.server_command(home, port)
    mark = f"bench-{home.root}"
    started = process.start(argv, environment, home.logs / "minio.log", mark)
    try:
        endpoint = f"http://127.0.0.1:{port}"
        _wait(part.answers(endpoint + "/minio/health/live"))
        yield endpoint
    finally:
        process.end([process.Target(mark)])
        started.wait()
        ports.close()


def _wait(ready: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not ready():
        if time.monotonic() > deadline:
            raise TimeoutError("MinIO does not answer")
        time.sleep(0.05)


def _fill(root: Path, number: int, seed: int) -> list[Path]:
    """Sealed segments of random bytes, with their sidecars."""
    sealed = root / "sealed"
    sealed.mkdir(parents=True, exist_ok=True)
    source = random.Random(seed)
    made = []
    for n in range(number):
        data = source.randbytes(SIZE_BYTES)
        segment = _segment(data, FIRST_MS + (seed * 10_000 + n) * 30_000)
        path = sealed / segment.name.file
        path.with_suffix(".json").write_text(segment.model_dump_json())
        path.write_bytes(data)
        made.append(path)
    return made


def _segment(data: bytes, start_ms: int) -> Segment:
    piece = (len(data) - 1_000) // 30
    return Segment(
        camera="bench",
        node="local",
        start_ms=start_ms,
        media_ms=30_000,
        wall_ms=30_000,
        size_bytes=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        codec="h264",
        mime_codecs="avc1.64001f",
        width=1920,
        height=1080,
        fps=15,
        time_scale=90_000,
        fragments=tuple(Fragment(1_000 + n * piece, piece, n * 90_000, True, 0) for n in range(30)),
        origin=Origin.IMPORTED,
        source="import",
    )


def _boto3(home: Home, endpoint: str, files: list[Path]) -> float:
    """Seconds that plain `put_object` calls take."""
    key = minio.root_key(home)
    client = boto3.client(
        "s3",
        endpoint_url=endpoint,
        aws_access_key_id=key.access_key,
        aws_secret_access_key=key.secret_key,
        region_name="us-east-1",
    )

    def put(path: Path) -> None:
        with path.open("rb") as body:
            client.put_object(Bucket=FOOTAGE, Key=f"peer/{path.name}", Body=body)

    began = time.perf_counter()
    with ThreadPoolExecutor(SENDERS) as pool:
        list(pool.map(put, files))
    return time.perf_counter() - began


def _ours(site: Site) -> float:
    spool = Spool(site.home.spool, "local", SystemClock())
    began = time.perf_counter()
    done = upload(site, spool)
    if done.segments != SEGMENTS:
        raise AssertionError(f"uploaded {done.segments} of {SEGMENTS}")
    return time.perf_counter() - began
