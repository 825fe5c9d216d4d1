"""What only the S3 store promises, against a real MinIO."""

from __future__ import annotations

import inspect
import json
import pickle
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import boto3
import botocore.exceptions
import httpx
import polars as pl
import pytest
from botocore.exceptions import BotoCoreError, ClientError

from edge.errors import (
    BadSettings,
    LivecamError,
    MissingPart,
    ObjectExists,
    ObjectMissing,
    Permanent,
    Retryable,
    StoreRefused,
    StoreUnavailable,
)
from edge.home import Home
from flows.settings import StoreSettings
from flows.store.access import Access, Key, SiteKeys, read_keys, write_keys
from flows.store.choose import open_store
from flows.store.errors import CODES, from_code
from flows.store.s3 import S3Store
from flows.store.s3_client import from_boto
from tests.contract.conftest import Place, make_buckets
from tests.contract.deaf_proxy import deaf_proxy
from tests.servers.minio_server import Minio

SECRET = "a-secret-that-must-not-be-seen"


@pytest.fixture
def s3_place(minio: Minio) -> Place:
    return make_buckets(minio)


@pytest.fixture
def store(s3_place: Place) -> S3Store:
    assert isinstance(s3_place.store, S3Store)
    return s3_place.store


def _plain(minio: Minio) -> object:
    return boto3.client(
        "s3",
        endpoint_url=minio.endpoint,
        region_name="us-east-1",
        aws_access_key_id=minio.access_key,
        aws_secret_access_key=minio.secret_key,
    )


def test_an_overwritten_object_keeps_its_first_version(
    s3_place: Place, store: S3Store, minio: Minio
) -> None:
    bucket = s3_place.versioned
    made = store.create(bucket, "a", b"first")
    other = _plain(minio)
    other.put_object(Bucket=bucket, Key="a", Body=b"second")  # type: ignore[attr-defined]
    other.delete_object(Bucket=bucket, Key="a")  # type: ignore[attr-defined]
    seen = list(store.versions(bucket, "a"))
    assert [(v.deleted, v.size_bytes) for v in seen] == [(True, 0), (False, 6), (False, 5)]
    assert seen[-1].version_id == made.version_id
    assert store.read(bucket, "a", made.version_id) == b"first"
    with pytest.raises(ObjectMissing):
        store.read(bucket, "a")
    with pytest.raises(ObjectMissing):
        store.head(bucket, "a", seen[0].version_id)
    store.delete(bucket, [("a", v.version_id) for v in seen])
    assert list(store.versions(bucket)) == []


def test_more_objects_than_one_page_or_one_delete_holds(s3_place: Place, store: S3Store) -> None:
    bucket, keys = s3_place.plain, [f"many/{n:04d}" for n in range(1001)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda key: store.create(bucket, key, b"1"), keys))
    assert [o.key for o in store.list(bucket, "many/")] == keys
    assert [o.key for o in store.versions(bucket, "many/")] == keys
    store.delete(bucket, [(key, "") for key in keys])
    assert list(store.list(bucket)) == []


def test_a_signed_address_serves_ranges_of_one_version(
    s3_place: Place, store: S3Store, minio: Minio
) -> None:
    made = store.create(s3_place.versioned, "a/b=c+d", b"0123456789", content_type="video/mp4")
    _plain(minio).put_object(  # type: ignore[attr-defined]
        Bucket=s3_place.versioned, Key="a/b=c+d", Body=b"tampered"
    )
    url = store.presign(s3_place.versioned, "a/b=c+d", made.version_id)
    assert url is not None
    reply = httpx.get(
        url, headers={"Range": "bytes=2-4", "Origin": "http://127.0.0.1:8080"}, timeout=60
    )
    assert (reply.status_code, reply.content) == (206, b"234")
    assert reply.headers["content-range"] == "bytes 2-4/10"
    assert reply.headers["access-control-allow-origin"] in ("*", "http://127.0.0.1:8080")
    assert parse_qs(urlsplit(url).query)["X-Amz-Expires"] == ["60"]
    assert httpx.put(url, content=b"x", timeout=60).status_code == 403
    assert httpx.delete(url, timeout=60).status_code == 403


def test_a_signed_address_ends(s3_place: Place, store: S3Store) -> None:
    store.create(s3_place.versioned, "a", b"1")
    url = store.presign(s3_place.versioned, "a", "", seconds=1)
    assert url is not None
    parts = urlsplit(url)
    signed_at = parse_qs(parts.query)["X-Amz-Date"][0]
    old = url.replace(signed_at, f"2020{signed_at[4:]}")
    assert httpx.get(old, timeout=60).status_code == 403


def test_addresses_are_signed_for_the_public_name_by_the_signer_alone() -> None:
    hub, signer = Key("hub", SECRET), Key("signer", SECRET)
    near, far = "http://127.0.0.1:9000", "https://footage.example:9443"
    url = S3Store(Access(near, far, "us-east-1", hub, signer)).presign("footage", "a", "v1")
    assert url is not None
    assert url.startswith(f"{far}/footage/a?")
    assert "signer" in url
    assert "versionId=v1" in url
    unsigned = S3Store(Access(near, far, "us-east-1", hub))
    assert unsigned.presign("footage", "a", "v1") is None
    assert not unsigned.capabilities.presigned


def test_a_lost_reply_is_not_repeated_and_then_surfaces_as_taken(
    s3_place: Place, store: S3Store, minio: Minio
) -> None:
    key, bucket = Key(minio.access_key, minio.secret_key), s3_place.versioned
    with deaf_proxy(minio.port) as (address, kept):
        behind = S3Store(Access(address, address, "us-east-1", key))
        with pytest.raises(StoreUnavailable):
            behind.create(bucket, "a", b"1" * 100_000)
    assert [reply.split(b"\r\n")[0] for reply in kept] == [b"HTTP/1.1 200 OK"]
    with pytest.raises(ObjectExists):
        store.create(bucket, "a", b"1" * 100_000)
    assert len(list(store.versions(bucket))) == 1


def test_a_store_that_went_away_and_came_back(own_minio: Minio) -> None:
    place = make_buckets(own_minio)
    place.store.create(place.versioned, "a", b"1")
    own_minio.stop()
    with pytest.raises(StoreUnavailable, match="does not answer"):
        place.store.create(place.versioned, "b", b"2")
    own_minio.start()
    place.store.create(place.versioned, "b", b"2")
    assert [o.key for o in place.store.list(place.versioned)] == ["a", "b"]


def test_wrong_keys_are_refused_with_the_way_out(s3_place: Place, minio: Minio) -> None:
    for key in (Key(minio.access_key, SECRET), Key("nobody", SECRET)):
        stranger = S3Store(Access(minio.endpoint, minio.endpoint, "us-east-1", key))
        for call in (
            lambda s: s.read(s3_place.plain, "a"),
            lambda s: s.create(s3_place.plain, "a", b"1"),
            lambda s: list(s.list(s3_place.plain)),
        ):
            with pytest.raises(StoreRefused, match=r"store\.secret_key") as caught:
                call(stranger)
            assert SECRET not in str(caught.value)


def test_a_delta_table_lives_in_the_bucket(store: S3Store, minio: Minio) -> None:
    plain = _plain(minio)
    buckets = plain.list_buckets()["Buckets"]  # type: ignore[attr-defined]
    if "livecam" not in [b["Name"] for b in buckets]:
        plain.create_bucket(Bucket="livecam")  # type: ignore[attr-defined]
    where, options = store.delta_uri("catalogue/contract"), store.delta_options()
    for number in range(2):
        pl.DataFrame({"a": [number]}).write_delta(where, mode="append", storage_options=options)
    assert pl.read_delta(where, storage_options=options).height == 2
    keys = [o.key for o in store.list("livecam", "catalogue/contract/")]
    store.delete("livecam", [(key, "") for key in keys])


def test_no_secret_is_in_any_repr() -> None:
    key = Key("name", SECRET)
    access = Access("http://127.0.0.1:9", "http://127.0.0.1:9", "us-east-1", key, key)
    shown = [repr(x) for x in (key, access, SiteKeys("http://x", key, key), S3Store(access))]
    assert SECRET not in " ".join(shown)


FOREIGN = sorted(
    (
        kind
        for _, kind in inspect.getmembers(botocore.exceptions, inspect.isclass)
        if issubclass(kind, BotoCoreError)
    ),
    key=lambda kind: kind.__name__,
)


def test_every_failure_of_the_client_becomes_one_of_ours() -> None:
    assert len(FOREIGN) > 50
    for kind in FOREIGN:
        error = kind.__new__(kind)
        assert isinstance(error, Exception)
        told = from_boto(error, "http://127.0.0.1:9000", "footage", "a")
        assert isinstance(told, Retryable | Permanent)
        network = issubclass(
            kind,
            botocore.exceptions.HTTPClientError | botocore.exceptions.ConnectionError,
        )
        if network:
            assert isinstance(told, StoreUnavailable), kind


def test_every_code_and_status_becomes_one_of_ours() -> None:
    for code, (kind, _, hint) in CODES.items():
        told = from_code(code, 0, "footage", "a")
        assert type(told) is kind
        assert told.hint == hint
        assert "{" not in str(told)
        assert type(pickle.loads(pickle.dumps(told))) is kind
    for status in range(400, 600):
        told = from_code("SomethingNew", status, "footage", "a")
        assert isinstance(told, LivecamError)
        assert isinstance(told, Retryable) == (status in (408, 409, 429) or status >= 500)


def test_the_servers_own_words_stay_out_of_messages() -> None:
    reply = {
        "Error": {"Code": "Odd", "Message": SECRET},
        "ResponseMetadata": {"HTTPStatusCode": 400},
    }
    told = from_boto(ClientError(reply, "PutObject"), "http://127.0.0.1:9000", "b", "k")
    assert SECRET not in str(told)


def test_a_site_that_never_started_its_store_says_how(livecam_home: Path) -> None:
    with pytest.raises(MissingPart, match="livecam up"):
        open_store(StoreSettings(kind="s3"), Home(livecam_home))


def test_the_sites_own_keys_are_found_and_readable_by_the_owner_only(livecam_home: Path) -> None:
    home = Home(livecam_home)
    keys = SiteKeys("http://127.0.0.1:9000", Key("hub", "h" * 9), Key("signer", SECRET))
    write_keys(home, keys)
    assert read_keys(home) == keys
    assert (home.secrets / "store.json").stat().st_mode & 0o777 == 0o600
    opened = open_store(StoreSettings(kind="s3"), home)
    assert opened.capabilities.presigned
    assert repr(opened) == "S3Store('http://127.0.0.1:9000')"


@pytest.mark.parametrize(
    "store",
    [
        {"kind": "s3", "endpoint": "http://127.0.0.1:9"},
        {"kind": "s3", "endpoint": "http://127.0.0.1:9", "access_key": "a"},
        {"kind": "s3", "endpoint": "127.0.0.1:9", "access_key": "a", "secret_key": "b"},
        {"kind": "s3", "endpoint": "ftp://x", "access_key": "a", "secret_key": "b"},
        {"kind": "s3", "endpoint": "http://u:p@x", "access_key": "a", "secret_key": "b"},
    ],
)
def test_half_an_s3_store_is_refused(livecam_home: Path, store: dict[str, str]) -> None:
    with pytest.raises(BadSettings):
        open_store(StoreSettings.model_validate(store), Home(livecam_home))


def test_torn_keys_are_refused_with_the_way_out(livecam_home: Path) -> None:
    home = Home(livecam_home)
    home.secrets.mkdir(parents=True)
    (home.secrets / "store.json").write_text(json.dumps({"endpoint": "http://x"}))
    with pytest.raises(BadSettings, match="Remove it"):
        open_store(StoreSettings(kind="s3"), home)
