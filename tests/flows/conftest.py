"""Sites on both kinds of store."""

from __future__ import annotations

from pathlib import Path

import pytest

from flows.site import Site
from tests.flows.stage_site import folder_site, minio_site


@pytest.fixture
def folder(tmp_path: Path) -> Site:
    """A site on a folder store."""
    return folder_site(tmp_path / "home")


@pytest.fixture(params=["folder", "minio"])
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Site:
    """A site on a folder store, and the same on a MinIO of this test's own."""
    if request.param == "folder":
        return folder_site(tmp_path / "home")
    return minio_site(request.getfixturevalue("own_minio"), tmp_path / "home")
