"""The site's own MinIO: what `up` prepares, and what of it survives a repeat."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from edge.errors import BadSettings, MissingPart, ObjectExists, StoreRefused, StoreUnavailable
from edge.home import Home
from flows.config_file import whole as configuration
from flows.settings import StoreSettings
from flows.store import FOOTAGE, LIVECAM
from flows.store.access import Key, read_keys, write_keys
from flows.store.choose import open_store
from infra import minio, policies
from tests.infra.conftest import DOCUMENT, SiteStore, client
from tests.servers.minio_server import Minio
from tests.servers.process import Server


def test_the_hub_opens_its_own_store_without_a_word_of_configuration(
    site_store: SiteStore,
) -> None:
    store = open_store(StoreSettings(kind="s3"), site_store.home)
    made = store.create(FOOTAGE, "videos/gate/opened", b"bytes")
    assert made is not None
    assert made.version_id
    with pytest.raises(ObjectExists):
        store.create(FOOTAGE, "videos/gate/opened", b"bytes")
    url = store.presign(FOOTAGE, "videos/gate/opened", made.version_id)
    assert url is not None
    assert "livecam-signer" in url
    store.delete(FOOTAGE, [("videos/gate/opened", made.version_id)])
    store.create(LIVECAM, "journal/opened", b"1")
    store.delete(LIVECAM, [("journal/opened", "")])
    for bucket in (FOOTAGE, LIVECAM):
        assert list(store.versions(bucket)) == []


def test_buckets_are_as_the_laws_need_them(site_store: SiteStore) -> None:
    root = site_store.root
    assert root.get_bucket_versioning(Bucket=FOOTAGE)["Status"] == "Enabled"
    assert "Status" not in root.get_bucket_versioning(Bucket=LIVECAM)
    _, environment = minio.server_command(site_store.home, 1)
    assert environment["MINIO_API_STALE_UPLOADS_EXPIRY"] == "24h"


def test_preparing_again_changes_no_key(site_store: SiteStore) -> None:
    before = read_keys(site_store.home)
    assert minio.prepare(site_store.config, site_store.home, site_store.endpoint) == []
    assert read_keys(site_store.home) == before
    assert before is not None
    open_store(StoreSettings(kind="s3"), site_store.home).create(LIVECAM, "again", b"")
    site_store.root.delete_object(Bucket=LIVECAM, Key="again")


def test_a_site_of_before_gets_the_key_that_reads(site_store: SiteStore) -> None:
    before = read_keys(site_store.home)
    assert before is not None
    write_keys(site_store.home, replace(before, reader=None))
    minio.prepare(site_store.config, site_store.home, site_store.endpoint)
    after = read_keys(site_store.home)
    assert after is not None
    assert after.reader is not None
    assert after.reader != before.reader
    assert replace(after, reader=before.reader) == before
    listed = site_store.client(after.reader).list_objects_v2(Bucket=LIVECAM)
    assert listed["ResponseMetadata"]["HTTPStatusCode"] == 200


def test_lost_keys_are_made_anew(site_store: SiteStore) -> None:
    before = read_keys(site_store.home)
    (site_store.home.secrets / "store.json").unlink()
    minio.prepare(site_store.config, site_store.home, site_store.endpoint)
    after = read_keys(site_store.home)
    assert after is not None
    assert after != before
    assert list(open_store(StoreSettings(kind="s3"), site_store.home).list(LIVECAM)) == []


def test_a_nodes_rights_follow_the_configuration(site_store: SiteStore) -> None:
    owner, home = site_store.owner, site_store.home
    node = site_store.client(owner.make_node(site_store.config, "pi1"))

    def may(key: str) -> bool:
        try:
            node.put_object(Bucket=FOOTAGE, Key=key, Body=b"")
        except node.exceptions.ClientError:
            return False
        return True

    assert (may("videos/gate/x"), may("videos/porch/x")) == (True, False)
    cameras = {"porch": {"node": "pi1", "source": "scene:"}}
    moved = configuration.load({**DOCUMENT, "cameras": cameras})
    assert minio.prepare(moved, home, site_store.endpoint) == []
    assert (may("videos/gate/x"), may("videos/porch/x")) == (False, True)

    without = configuration.load({**DOCUMENT, "nodes": {"pi2": {}}, "cameras": {}})
    told = minio.prepare(without, home, site_store.endpoint)
    assert told == ["node pi1 is not in the configuration: its key is disabled"]
    assert not may("videos/porch/y")
    minio.prepare(site_store.config, home, site_store.endpoint)
    assert may("videos/gate/y")
    assert owner.node_users() == {"pi1": "enabled"}


def test_secrets_are_the_owners_alone_and_never_on_a_command_line(site_store: SiteStore) -> None:
    folder = site_store.home.secrets
    assert {p.stat().st_mode & 0o777 for p in folder.iterdir()} == {0o600}
    argv, environment = minio.server_command(site_store.home, 9000, 9001)
    root = minio.root_key(site_store.home)
    assert environment["MINIO_ROOT_PASSWORD"] == root.secret_key
    assert root.secret_key not in " ".join(argv)
    assert root.secret_key not in repr(root)


def test_somebody_elses_minio_is_prepared_through_its_own_key(
    own_minio: Minio, livecam_home: Path
) -> None:
    home = Home(livecam_home)
    store = {
        "kind": "s3",
        "endpoint": own_minio.endpoint,
        "access_key": own_minio.access_key,
        "secret_key": own_minio.secret_key,
    }
    config = configuration.load({**DOCUMENT, "store": store})
    # MinIO takes no lifecycle for multiparts, which is not told: it ends them by itself.
    assert minio.prepare(config, home) == []
    opened = open_store(config.flows.store, home)
    assert opened.capabilities.presigned
    opened.create(FOOTAGE, "videos/gate/x", b"1")


def test_a_key_without_its_servers_interface_still_gets_buckets(
    own_minio: Minio, livecam_home: Path, site_store: SiteStore
) -> None:
    keys = read_keys(site_store.home)
    assert keys is not None
    store = {
        "kind": "s3",
        "endpoint": site_store.endpoint,
        "access_key": keys.hub.access_key,
        "secret_key": keys.hub.secret_key,
    }
    home = Home(livecam_home)
    config = configuration.load({**DOCUMENT, "store": store})
    told = minio.prepare(config, home)
    assert any("no users were made" in line and "AccessDenied" in line for line in told)
    assert not open_store(config.flows.store, home).capabilities.presigned


PLAIN = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": [
                *("s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:DeleteObjectVersion"),
                *("s3:ListBucket", "s3:ListBucketVersions", "s3:GetBucketVersioning"),
            ],
            "Resource": [f"arn:aws:s3:::{name}" for name in ("livecam*", "footage*")],
        }
    ],
}


def test_a_key_that_may_only_use_buckets_goes_on_where_they_exist(
    own_minio: Minio, livecam_home: Path
) -> None:
    home = Home(livecam_home)
    store = {
        "kind": "s3",
        "endpoint": own_minio.endpoint,
        "access_key": own_minio.access_key,
        "secret_key": own_minio.secret_key,
    }
    owners = configuration.load({"store": store})
    owner = minio.Owner.of(owners, home)
    owner.await_start()
    owner._make_user(Key("plain", "a-plain-users-key"), "plain", PLAIN, {})
    store |= {"access_key": "plain", "secret_key": "a-plain-users-key"}
    plain = configuration.load({"store": store})

    with pytest.raises(StoreRefused, match=r"no bucket 'footage'.*Make buckets footage"):
        minio.prepare(plain, home)
    owner.make_buckets()
    (told,) = minio.prepare(plain, home)  # one line, every time that `up` starts
    assert told.startswith("no users were made on this store")
    suspended = {"Status": "Suspended"}
    s3 = client(own_minio.endpoint, Key(own_minio.access_key, own_minio.secret_key))
    s3.put_bucket_versioning(Bucket=FOOTAGE, VersioningConfiguration=suspended)
    assert "see there that footage has versions" in minio.prepare(plain, home)[0]
    open_store(plain.flows.store, home).create(LIVECAM, "journal/x", b"1")


def test_a_server_that_is_not_there_is_retryable(livecam_home: Path) -> None:
    config = configuration.load(DOCUMENT)
    with pytest.raises(StoreUnavailable, match="does not answer"):
        minio.prepare(config, Home(livecam_home), "http://127.0.0.1:9")


def test_a_wrong_key_is_refused_without_showing_it(own_minio: Minio, livecam_home: Path) -> None:
    store = {
        "kind": "s3",
        "endpoint": own_minio.endpoint,
        "access_key": own_minio.access_key,
        "secret_key": "not-the-right-secret",
    }
    with pytest.raises(StoreRefused) as caught:
        minio.prepare(configuration.load({"store": store}), Home(livecam_home))
    assert "not-the-right-secret" not in str(caught.value)
    assert "store.secret_key" in str(caught.value)


def test_no_program_is_said_with_the_way_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with pytest.raises(MissingPart, match="make minio"):
        minio.find_program()
    built = tmp_path / "livecam" / "bin" / "minio"
    built.parent.mkdir(parents=True)
    built.write_text("#!/bin/sh\n")
    built.chmod(0o755)
    assert minio.find_program() == built


def test_a_torn_root_key_is_not_replaced(livecam_home: Path) -> None:
    home = Home(livecam_home)
    home.secrets.mkdir(parents=True)
    (home.secrets / "minio-root.json").write_text("{")
    with pytest.raises(BadSettings, match="Restore it"):
        minio.root_key(home)


def test_policies_show_who_may_do_what() -> None:
    node = policies.node("pi1", ["gate", "alley"])
    assert node["Statement"][0] == {
        "Effect": "Allow",
        "Action": ["s3:PutObject"],
        "Resource": [
            "arn:aws:s3:::footage/videos/alley/*",
            "arn:aws:s3:::footage/videos/gate/*",
            "arn:aws:s3:::livecam/inbox/pi1/*",
        ],
    }
    allows = [
        s for p in (policies.signer(), node) for s in p["Statement"] if s["Effect"] == "Allow"
    ]
    assert {a for s in allows for a in s["Action"]} == {
        "s3:PutObject",
        "s3:GetObject",
        "s3:GetObjectVersion",
    }
    json.dumps(policies.hub())


def test_the_server_takes_its_words(tmp_path: Path) -> None:
    argv, environment = minio.server_command(Home(tmp_path / "home"), 9000, 9001, host="0.0.0.0")
    assert argv[1] == "server"
    assert argv[argv.index("--address") + 1] == "0.0.0.0:9000"
    assert argv[argv.index("--console-address") + 1] == "127.0.0.1:9001"
    assert (environment["MINIO_BROWSER"], environment["MINIO_BROWSER_REDIRECT"]) == ("on", "off")
    assert os.access(argv[0], os.X_OK)
    assert isinstance(Server(argv, log=tmp_path / "log").command, list)
