"""Sites on both kinds of store."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from flows.catalogue import opened
from flows.site import Site
from flows.store import FOOTAGE, LIVECAM
from tests.flows.stage_site import folder_site, minio_site
from tests.servers import minio_server
from tests.servers.minio_server import Minio


@pytest.fixture
def folder(tmp_path: Path) -> Site:
    """A site on a folder store."""
    return folder_site(tmp_path / "home")


@pytest.fixture(scope="session")
def emptied_minio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Minio]:
    """A MinIO for one site after the other."""
    with minio_server.running(tmp_path_factory.mktemp("sites")) as running:
        yield running


@pytest.fixture(params=["folder", "minio"])
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Site]:
    """An empty site on a folder store, and the same on a MinIO."""
    if request.param == "folder":
        yield folder_site(tmp_path / "home")
        return
    made = minio_site(request.getfixturevalue("emptied_minio"), tmp_path / "home")
    yield made
    for bucket in (FOOTAGE, LIVECAM):
        every = [(one.key, one.version_id) for one in made.store.versions(bucket)]
        made.store.delete(bucket, every)
    opened._opened.clear()  # tables of the next site have these names
