"""The stores under contract: a folder and a real MinIO, each with buckets of this test's own."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import boto3
import pytest

from flows.store import Capabilities, ObjectStore
from flows.store.access import Access, Key
from flows.store.folder import FolderStore
from flows.store.s3 import S3Store
from tests.servers.minio_server import Minio


@dataclass(frozen=True)
class Place:
    """A store, a bucket with versions (where it has any), one without, and how to harm it."""

    store: ObjectStore
    versioned: str
    plain: str
    unreachable: Callable[[], ObjectStore]
    damage: Callable[[str, str], None]

    @property
    def capabilities(self) -> Capabilities:
        return self.store.capabilities


def _folder(root: Path) -> Place:
    for bucket in ("footage", "livecam"):
        (root / bucket).mkdir(parents=True)
    blocker = root / "a-file"
    blocker.write_bytes(b"")

    def damage(bucket: str, key: str) -> None:
        _flip(root / bucket / key)

    return Place(
        FolderStore(root),
        "footage",
        "livecam",
        lambda: FolderStore(blocker / "store"),
        damage,
    )


def make_buckets(minio: Minio) -> Place:
    """A bucket with versions and one without, under names of this test's own."""
    name = uuid.uuid4().hex[:12]
    root = Key(minio.access_key, minio.secret_key)
    store = S3Store(Access(minio.endpoint, minio.endpoint, "us-east-1", root, root))
    s3 = boto3.client(
        "s3",
        endpoint_url=minio.endpoint,
        region_name="us-east-1",
        aws_access_key_id=root.access_key,
        aws_secret_access_key=root.secret_key,
    )
    for bucket in (f"v-{name}", f"p-{name}"):
        s3.create_bucket(Bucket=bucket)
    s3.put_bucket_versioning(Bucket=f"v-{name}", VersioningConfiguration={"Status": "Enabled"})

    def damage(bucket: str, key: str) -> None:
        parts = list((minio.data_dir / bucket / key).rglob("part.1"))
        assert len(parts) == 1
        _flip(parts[0])

    nowhere = Access("http://127.0.0.1:9", "http://127.0.0.1:9", "us-east-1", root)
    return Place(store, f"v-{name}", f"p-{name}", lambda: S3Store(nowhere), damage)


def _flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


@pytest.fixture(params=["folder", "minio"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    if request.param == "folder":
        return _folder(tmp_path / "store")
    return make_buckets(request.getfixturevalue("minio"))


@pytest.fixture
def store(place: Place) -> ObjectStore:
    return place.store


@pytest.fixture(params=["versioned", "plain"])
def bucket(request: pytest.FixtureRequest, place: Place) -> str:
    """Either kind of bucket."""
    return place.versioned if request.param == "versioned" else place.plain
