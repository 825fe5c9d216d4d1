"""The audit on a real MinIO: tampering below S3, by plain S3 calls, and retention's versions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import boto3
import pytest

from flows.audit import audit
from flows.catalogue import read
from flows.settings import RetainSettings
from flows.site import Site
from flows.stages import ingest, upload
from flows.stages.retain import retain
from flows.store import FOOTAGE
from tests.flows.stage_site import minio_site, seal_some
from tests.servers.minio_server import Minio


@pytest.fixture
def site(own_minio: Minio, tmp_path: Path) -> Site:
    """Three drawn segments of camera `hall`, stored and ingested."""
    made = minio_site(own_minio, tmp_path / "home", {"retain": {"days": 30}})
    seal_some(made)
    upload.upload(made, upload.spool_of(made))
    ingest.ingest(made)
    return made


@pytest.fixture
def client(own_minio: Minio) -> Any:
    return boto3.client(
        "s3",
        endpoint_url=own_minio.endpoint,
        aws_access_key_id=own_minio.access_key,
        aws_secret_access_key=own_minio.secret_key,
        region_name="us-east-1",
    )


def found(site: Site) -> dict[str, tuple[str, ...]]:
    """The broken laws and their keys."""
    return {law.number: law.finding.keys for law in audit(site) if law.finding and law.finding.keys}


def rows(site: Site) -> list[dict[str, Any]]:
    return list(read.segments(site).iter_rows(named=True))


def test_every_way_to_tamper_is_named(site: Site, client: Any, own_minio: Minio) -> None:
    assert found(site) == {}
    flipped, overwritten, marked = (row["key"] for row in rows(site))

    # Below S3: MinIO keeps a small object inside xl.meta, a larger one beside it.
    folder = own_minio.data_dir / FOOTAGE / flipped
    path = max((p for p in folder.rglob("*") if p.is_file()), key=lambda p: p.stat().st_size)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    client.put_object(Bucket=FOOTAGE, Key=overwritten, Body=b"something else")
    client.delete_object(Bucket=FOOTAGE, Key=marked)

    wrong = found(site)
    assert wrong.keys() == {"C1", "C3"}
    assert wrong["C3"] == (flipped,)
    assert set(wrong["C1"]) == {overwritten, marked}


def test_a_deleted_version_is_c3(site: Site, client: Any) -> None:
    row = rows(site)[1]
    client.delete_object(Bucket=FOOTAGE, Key=row["key"], VersionId=row["version_id"])
    assert found(site)["C3"] == (row["key"],)


def test_retention_takes_every_version_and_the_disk_gets_smaller(
    site: Site, client: Any, own_minio: Minio
) -> None:
    def stored_bytes() -> int:
        folder = own_minio.data_dir / FOOTAGE
        return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())

    client.put_object(Bucket=FOOTAGE, Key=rows(site)[0]["key"], Body=b"something else")
    before = stored_bytes()
    settings = site.settings.model_copy(update={"retain": RetainSettings(days=0)})
    done = retain(Site(settings, site.home, site.store, site.clock))
    assert done.deleted == 3
    assert stored_bytes() < before - done.freed_bytes / 2
    assert client.list_object_versions(Bucket=FOOTAGE).get("Versions", []) == []
    assert found(site) == {}
