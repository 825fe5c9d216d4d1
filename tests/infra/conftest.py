"""A site's own MinIO, started and prepared as `livecam up` does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config as ClientConfig

from edge.home import Home
from flows.config_file import whole as configuration
from flows.config_file.whole import Config
from flows.store.access import Key
from infra import minio
from tests.servers import site_minio

DOCUMENT: Mapping[str, Any] = {
    "store": {"kind": "s3"},
    "nodes": {"pi1": {}, "pi2": {}},
    "cameras": {
        "gate": {"node": "pi1", "source": "scene:"},
        "yard": {"node": "pi2", "source": "scene:"},
    },
}


@dataclass(frozen=True)
class SiteStore:
    """A running, prepared MinIO of a site with two nodes."""

    endpoint: str
    home: Home
    config: Config

    def client(self, key: Key) -> Any:
        """Plain boto3 with that key."""
        return client(self.endpoint, key)

    @property
    def root(self) -> Any:
        return self.client(minio.root_key(self.home))

    @property
    def owner(self) -> minio.Owner:
        return minio.Owner.of(self.config, self.home)


def client(endpoint: str, key: Key) -> Any:
    return boto3.client(
        "s3",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id=key.access_key,
        aws_secret_access_key=key.secret_key,
        config=ClientConfig(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}),
    )


@pytest.fixture(scope="module")
def site_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SiteStore]:
    folder = tmp_path_factory.mktemp("site")
    home = Home(folder / "home")
    with site_minio.running(home, folder, DOCUMENT) as endpoint:
        yield SiteStore(endpoint, home, configuration.load(DOCUMENT))


@pytest.fixture
def config_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where LIVECAM_CONFIG points; a test writes it."""
    path = tmp_path / "livecam.yaml"
    monkeypatch.setenv("LIVECAM_CONFIG", str(path))
    return path
