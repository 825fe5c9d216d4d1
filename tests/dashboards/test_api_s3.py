"""The gateway over a real MinIO: signed addresses, pinned versions, a server that goes away."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from minio import Minio as Client

from edge.clock import from_iso, to_iso
from edge.home import Home
from flows.catalogue.derived import Made, made_of
from flows.settings import FlowSettings, StoreSettings
from flows.site import Site, open_site
from flows.stages.retain import delete_objects
from flows.store import FOOTAGE, LIVECAM
from flows.store.access import Key, SiteKeys, write_keys
from infra.minio import Owner
from tests.dashboards import footage
from tests.dashboards.conftest import gateway
from tests.servers.minio_server import Minio

T0 = from_iso("2026-11-01T10:00:00Z")
HOUR = {"start": to_iso(T0), "end": to_iso(T0 + 3_600_000)}


@pytest.fixture
def s3_site(own_minio: Minio, tmp_path: Path) -> Site:
    """An empty site on a MinIO of its own."""
    key = Key(own_minio.access_key, own_minio.secret_key)
    Owner(own_minio.endpoint, "us-east-1", key, own=True).make_buckets()
    home = Home(tmp_path / "site")
    write_keys(home, SiteKeys(own_minio.endpoint, key, key))
    return open_site(FlowSettings(store=StoreSettings(kind="s3")), home)


@pytest.fixture
def s3_client(s3_site: Site) -> Iterator[httpx.Client]:
    """Asks its gateway."""
    with gateway(s3_site) as found:
        yield found


def put(minio: Minio, key: str, data: bytes) -> None:
    """Overwrite an object past the store's conditional create."""
    client = Client(
        f"127.0.0.1:{minio.port}",
        access_key=minio.access_key,
        secret_key=minio.secret_key,
        secure=False,
    )
    client.put_object(FOOTAGE, key, io.BytesIO(data), len(data))


def test_a_range_is_answered_by_an_address_of_the_row_s_version(
    s3_site: Site, s3_client: httpx.Client, own_minio: Minio
) -> None:
    made = footage.store(s3_site, "gate", T0, 1)
    pinned = s3_site.store.head(FOOTAGE, made.key).version_id
    whole = s3_site.store.read(FOOTAGE, made.key)
    # C1: what overwrites it is tampering, and playback goes on with the first version.
    put(own_minio, made.key, b"forged")
    assert s3_site.store.read(FOOTAGE, made.key) == b"forged"
    answer = s3_client.get(f"/v1/segments/{made.id}/media", headers={"Range": "bytes=0-9"})
    assert answer.status_code == 302
    assert answer.headers["cache-control"] == "no-store"
    query = parse_qs(urlsplit(answer.headers["location"]).query)
    assert query["versionId"] == [pinned]
    assert query["X-Amz-Expires"] == ["60"]
    part = httpx.get(answer.headers["location"], headers={"Range": "bytes=0-9"}, trust_env=False)
    assert (part.status_code, part.content) == (206, whole[:10])
    assert s3_client.get(f"/v1/segments/{made.id}/file").content == whole


def test_pictures_are_of_the_row_s_version_and_go_with_it(
    s3_site: Site, s3_client: httpx.Client, own_minio: Minio
) -> None:
    made = footage.store(s3_site, "gate", T0, 2)
    event = footage.event(s3_site, made, T0 + 1_000, T0 + 2_000)
    footage.analysed(s3_site, made)
    put(own_minio, made.key, b"forged")
    sheet = s3_client.get("/v1/sprites/gate.jpg", params={"at": to_iso(T0)})
    assert sheet.status_code == 200
    for path in (f"/v1/events/{event}/crop.jpg", f"/v1/segments/{made.id}/thumbnail.jpg"):
        assert s3_client.get(path).status_code == 200
    store = s3_site.store
    kept = [one.key for kind in Made for one in store.list(LIVECAM, f"{kind}/")]
    assert [made_of(key) for key in kept] == [made.id] * 3
    delete_objects(s3_site, [{"id": made.id, "key": made.key}])
    assert not list(store.versions(FOOTAGE))
    assert not [one for kind in Made for one in store.versions(LIVECAM, f"{kind}/")]


def test_a_server_that_goes_away_is_503_and_comes_back(
    s3_site: Site, s3_client: httpx.Client, own_minio: Minio
) -> None:
    made = footage.store(s3_site, "gate", T0, 1)
    assert s3_client.get("/v1/segments").json()["segments"]
    own_minio.stop()
    for path in ("/health", "/v1/segments", "/v1/timelines/gate", f"/v1/segments/{made.id}/file"):
        answer = s3_client.get(path, params=HOUR, timeout=60)
        assert answer.status_code == 503, answer.text
        assert answer.headers["content-type"] == "application/problem+json"
        assert own_minio.secret_key not in answer.text
    own_minio.start()
    assert s3_client.get("/v1/segments", timeout=60).json()["segments"]
