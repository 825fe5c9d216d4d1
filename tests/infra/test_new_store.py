"""The first drain into a store that was never used."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from edge.errors import StoreRefused
from edge.home import Home
from flows.catalogue import delta, schema
from flows.config_file import whole as config
from flows.site import open_site
from flows.store import FOOTAGE, LIVECAM
from flows.store.access import Key
from infra.cli.drain import drain
from infra.cli.import_ import import_
from infra.minio import prepare_new
from tests.edge.footage import Clip
from tests.infra.conftest import client
from tests.servers.minio_server import Minio


def test_its_buckets_are_made_by_the_drain_and_never_again_in_part(
    own_minio: Minio, config_file: Path, livecam_home: Path, tmp_path: Path
) -> None:
    key = Key(own_minio.access_key, own_minio.secret_key)
    store = {"kind": "s3", "endpoint": own_minio.endpoint, "access_key": key.access_key}
    config_file.write_text(yaml.safe_dump({"store": {**store, "secret_key": key.secret_key}}))
    with pytest.raises(StoreRefused, match="no bucket 'livecam'"):
        delta.find(open_site(config.load().flows).store, schema.SEGMENTS)

    clip = Clip().write(tmp_path / "clip.mp4")
    asked = [str(clip), "--camera", "hall", "--start", "2026-11-01T10:00:00Z"]
    assert CliRunner().invoke(import_, asked).exit_code == 0
    done = CliRunner().invoke(drain, ["--json"], catch_exceptions=False)
    assert '"ingested": 1' in done.stdout
    assert "made the buckets" in done.stderr

    s3 = client(own_minio.endpoint, key)
    assert s3.get_bucket_versioning(Bucket=FOOTAGE)["Status"] == "Enabled"
    for name in s3.list_objects_v2(Bucket=LIVECAM)["Contents"]:
        s3.delete_object(Bucket=LIVECAM, Key=name["Key"])
    s3.delete_bucket(Bucket=LIVECAM)
    assert prepare_new(config.load(), Home(livecam_home)) is None
