"""A site whose footage lies in a MinIO of its own, and its gateway: for benches that play it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import yaml

from edge.home import Home
from edge.importer import import_files
from flows.config_file import whole as config
from flows.settings import FlowSettings
from flows.site import Site, open_site
from flows.stages.ingest import ingest
from flows.stages.upload import spool_of, upload
from infra import minio
from infra.bench.drain import server
from infra.bench.gateway import gateway

FIRST_MS = 1_790_000_010_000


@contextmanager
def played(folder: Path, footage: Mapping[str, Sequence[Path]], segment_ms: int) -> Iterator[str]:
    """Each camera's files one after the other, the first at FIRST_MS; the gateway's address."""
    home = Home(folder)
    with server(home) as endpoint:
        chosen = folder / "livecam.yaml"
        chosen.write_text(yaml.safe_dump({"store": _store(home, endpoint)}))
        _fill(open_site(_settings(home, endpoint), home), footage, segment_ms)
        with gateway(home, chosen) as address:
            yield address


def _store(home: Home, endpoint: str) -> dict[str, str]:
    key = minio.root_key(home)
    named = {"access_key": key.access_key, "secret_key": key.secret_key}
    return {"kind": "s3", "endpoint": endpoint, "public_endpoint": endpoint, **named}


def _settings(home: Home, endpoint: str) -> FlowSettings:
    chosen = config.load({"store": {"kind": "s3"}})
    minio.prepare(chosen, home, endpoint)
    return chosen.flows


def _fill(site: Site, footage: Mapping[str, Sequence[Path]], segment_ms: int) -> None:
    for camera, files in footage.items():
        spool = spool_of(site)
        import_files(spool, list(files), camera, FIRST_MS, segment_ms, lambda *_: False)
    upload(site, spool_of(site))
    ingest(site)
