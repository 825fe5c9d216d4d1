"""A1 and A2 as tables: what each key can do, tried operation by operation on a real MinIO."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import boto3
import pytest
from botocore.exceptions import BotoCoreError, ClientError
from minio import MinioAdmin
from minio.credentials.providers import StaticProvider
from minio.error import MinioAdminException

from flows.store.access import Key, read_keys
from tests.infra.conftest import SiteStore

Place = tuple[str, str]

OWN: tuple[Place, ...] = (
    ("footage", "videos/gate/2026-11-01/a"),
    ("livecam", "inbox/pi1/a"),
)
FOREIGN: tuple[Place, ...] = (
    ("footage", "videos/yard/2026-11-01/a"),  # another node's camera
    ("footage", "videos/gate-2/a"),  # a name that begins as its own
    ("footage", "videos/a"),
    ("footage", "inbox/pi1/a"),  # its own prefixes in the other bucket
    ("livecam", "videos/gate/a"),
    ("livecam", "inbox/pi2/a"),
    ("livecam", "journal/segments/2026-11-01/a"),
    ("livecam", "catalogue/segments/a"),
    ("livecam", "thumbnails/gate/a"),
    ("livecam", "exports/1/a"),
)
PLACES = OWN + FOREIGN

# What S3 calls differently and MinIO takes for a plain PUT, GET or nothing at all.
CREATES = {"PutObject", "CreateMultipartUpload", "PutObjectAnnotation", "RenameObject"}
READS = {"GetObject", "HeadObject", "GetObjectAnnotation", "ListObjectAnnotations"}
LISTS = {
    *("HeadBucket", "ListBuckets", "ListObjects", "ListObjectsV2", "ListObjectVersions"),
    *("GetBucketLocation", "GetBucketVersioning"),
    # Taken for a plain list of objects.
    *("CreateSession", "GetBucketAbac"),
    *("GetBucketMetadataConfiguration", "GetBucketMetadataTableConfiguration"),
}
NO_OPERATION = {"DeleteBucketWebsite"}  # MinIO answers 204 to anyone and does nothing
# A refusal by what the server lacks or by the shape of what was sent is one too, as long as
# nothing has changed: `unchanged` shows that.
REFUSED = {
    "403",
    "405",
    "501",
    "AccessDenied",
    "AuthorizationParametersError",
    "BadRequest",
    "InvalidRequest",
    "MalformedXML",
    "MethodNotAllowed",
    "NoSuchUpload",
    "NotImplemented",
    "ParseSelectFailure",
    "client",
}


def fill(shape: Any, name: str, place: Place) -> Any:
    """A value for a required member of an operation, aimed at `place`."""
    known = {
        "Bucket": place[0],
        "Key": place[1],
        "Prefix": place[1],
        "CopySource": f"{place[0]}/{place[1]}",
    }
    if name in known:
        return known[name]
    kind = shape.type_name
    if kind == "structure":
        names = shape.required_members or list(shape.members)[:1]
        return {n: fill(shape.members[n], n, place) for n in names}
    if kind == "list":
        return [fill(shape.member, name, place)]
    if kind == "string":
        return shape.enum[0] if shape.enum else "x"
    plain = {"integer": 1, "long": 1, "boolean": True, "blob": b"x"}
    return plain.get(kind, "2030-01-01T00:00:00Z")


def outcome(call: Callable[[], Any]) -> str:
    """`ok`, or the code of the refusal."""
    try:
        reply = call()
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    except BotoCoreError:
        return "client"  # boto3 itself sends no such thing to this server
    errors = reply.get("Errors") or []
    return str(errors[0]["Code"]) if errors else "ok"


def every_operation(client: Any) -> Iterator[tuple[str, Place, str]]:
    """Every S3 operation that boto3 knows, tried on every place; on each bucket without a key."""
    names = {operation: method for method, operation in client.meta.method_to_api_mapping.items()}
    model = client.meta.service_model
    for operation in model.operation_names:
        shape = model.operation_model(operation).input_shape
        required = shape.required_members if shape else []
        keyed = "Key" in required or operation == "DeleteObjects"
        for place in PLACES if keyed else OWN:
            values = {n: fill(shape.members[n], n, place) for n in required}
            method = getattr(client, names[operation])
            yield operation, place, outcome(partial(method, **values))


def everything_in(root: Any) -> dict[str, Any]:
    """All versions of all objects, and what the buckets are set to."""
    found: dict[str, Any] = {}
    for bucket in ("footage", "livecam"):
        reply = root.list_object_versions(Bucket=bucket)
        found[bucket] = {
            (v["Key"], v["VersionId"], v.get("ETag"), v.get("Size"))
            for v in [*reply.get("Versions", ()), *reply.get("DeleteMarkers", ())]
        }
        found[f"{bucket} versioning"] = root.get_bucket_versioning(Bucket=bucket).get("Status")
        for setting in ("policy", "lifecycle_configuration", "tagging"):
            ask = getattr(root, f"get_bucket_{setting}")
            found[f"{bucket} {setting}"] = outcome(partial(ask, Bucket=bucket))
    found["buckets"] = [b["Name"] for b in root.list_buckets()["Buckets"]]
    return found


@pytest.fixture(scope="module")
def places(site_store: SiteStore) -> SiteStore:
    """An object stands at every place."""
    for bucket, key in PLACES:
        site_store.root.put_object(Bucket=bucket, Key=key, Body=b"root's")
    return site_store


@pytest.fixture(scope="module")
def node(places: SiteStore) -> Key:
    return places.owner.make_node(places.config, "pi1")


def test_a_nodes_key_creates_under_its_own_prefixes_and_nothing_else(
    places: SiteStore, node: Key
) -> None:
    before = everything_in(places.root)
    table = list(every_operation(places.client(node)))
    assert len({operation for operation, _, _ in table}) > 100
    allowed = {(operation, place) for operation, place, seen in table if seen == "ok"}
    assert allowed == {
        *itertools.product(CREATES, OWN),
        *itertools.product(NO_OPERATION, OWN),
    }
    odd = {
        (operation, seen) for operation, _, seen in table if seen != "ok" and seen not in REFUSED
    }
    assert odd == set()
    after = everything_in(places.root)
    for bucket in ("footage", "livecam"):
        own = {key for b, key in OWN if b == bucket}
        assert {v for v in before[bucket] if v[0] not in own} == {
            v for v in after[bucket] if v[0] not in own
        }
    assert before["footage"] <= after["footage"]  # its own overwrite is a second version
    assert _settings(before) == _settings(after)


def _settings(state: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in state.items() if name not in ("footage", "livecam")}


@pytest.mark.parametrize(("bucket", "key"), PLACES)
def test_a_conditional_create_is_for_own_places_and_once(
    places: SiteStore, node: Key, bucket: str, key: str
) -> None:
    s3 = places.client(node)
    new = f"{key}-new"

    def create() -> str:
        return outcome(lambda: s3.put_object(Bucket=bucket, Key=new, Body=b"", IfNoneMatch="*"))

    own = (bucket, key) in OWN
    assert [create(), create()] == (
        ["ok", "PreconditionFailed"] if own else ["AccessDenied", "AccessDenied"]
    )


@pytest.mark.parametrize(("bucket", "key"), OWN)
def test_a_put_carries_nothing_but_bytes(
    places: SiteStore, node: Key, bucket: str, key: str
) -> None:
    s3, at = places.client(node), {"Bucket": bucket, "Key": f"{key}-carried"}
    refused = [
        outcome(lambda: s3.put_object(**at, Tagging="a=b")),
        outcome(lambda: s3.create_multipart_upload(**at, Tagging="a=b")),
        outcome(lambda: s3.put_object(**at, ObjectLockLegalHoldStatus="ON")),
        outcome(lambda: s3.copy_object(**at, CopySource=f"{bucket}/{key}")),
        outcome(lambda: s3.copy_object(**at, CopySource="/".join(FOREIGN[0]))),
    ]
    assert refused == ["AccessDenied", "AccessDenied", "InvalidRequest", *["AccessDenied"] * 2]
    above = {"Bucket": bucket, "Key": f"{key}/../../../yard/x"}
    assert outcome(lambda: s3.put_object(**above)) == "XMinioInvalidResourceName"


@pytest.mark.parametrize(("bucket", "key"), OWN)
def test_a_multipart_can_be_finished_but_not_looked_into_or_ended(
    places: SiteStore, node: Key, bucket: str, key: str
) -> None:
    s3, at = places.client(node), {"Bucket": bucket, "Key": f"{key}-parts"}
    upload = {**at, "UploadId": s3.create_multipart_upload(**at)["UploadId"]}
    tag = s3.upload_part(**upload, PartNumber=1, Body=b"1")["ETag"]
    source = f"{bucket}/{key}"
    copied = outcome(lambda: s3.upload_part_copy(**upload, PartNumber=2, CopySource=source))
    assert copied == "AccessDenied"
    assert outcome(lambda: s3.list_parts(**upload)) == "AccessDenied"
    assert outcome(lambda: s3.abort_multipart_upload(**upload)) == "AccessDenied"
    parts = {"Parts": [{"PartNumber": 1, "ETag": tag}]}
    assert outcome(lambda: s3.complete_multipart_upload(**upload, MultipartUpload=parts)) == "ok"


def test_a_delete_leaves_no_marker(places: SiteStore, node: Key) -> None:
    before = everything_in(places.root)
    s3 = places.client(node)
    for bucket, key in PLACES:
        assert outcome(partial(s3.delete_object, Bucket=bucket, Key=key)) == "AccessDenied"
    assert everything_in(places.root) == before


def test_a_node_can_give_itself_no_other_key(places: SiteStore, node: Key) -> None:
    admin = MinioAdmin(
        endpoint=places.endpoint.removeprefix("http://"),
        credentials=StaticProvider(node.access_key, node.secret_key),
        secure=False,
    )
    calls: tuple[Callable[[], object], ...] = (
        lambda: admin.add_service_account(access_key="anotherkey", secret_key="0" * 20),
        lambda: admin.user_add(node.access_key, "0" * 20),
        lambda: admin.user_info(node.access_key + "x"),
        lambda: admin.policy_set("readwrite", user=node.access_key),
    )
    for call in calls:
        with pytest.raises(MinioAdminException, match="AccessDenied"):
            call()


def test_a_replaced_key_ends_with_the_keys_made_from_it(places: SiteStore) -> None:
    old = places.owner.make_node(places.config, "pi2")
    temporary = _assume(places.endpoint, old)
    put = {"Bucket": "livecam", "Key": "inbox/pi2/temporary", "Body": b""}
    assert outcome(lambda: temporary.put_object(**put)) == "ok"
    assert outcome(lambda: temporary.get_object(Bucket="livecam", Key="inbox/pi2/a")) != "ok"
    new = places.owner.make_node(places.config, "pi2")
    assert outcome(lambda: temporary.put_object(**put)) != "ok"
    assert outcome(lambda: places.client(old).put_object(**put)) == "InvalidAccessKeyId"
    assert outcome(lambda: places.client(new).put_object(**put)) == "ok"


def _assume(endpoint: str, key: Key) -> Any:
    sts = boto3.client(
        "sts",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id=key.access_key,
        aws_secret_access_key=key.secret_key,
    )
    made = sts.assume_role(RoleArn="arn:aws:iam::123456789012:role/x", RoleSessionName="session")
    given = made["Credentials"]
    return boto3.client(
        "s3",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id=given["AccessKeyId"],
        aws_secret_access_key=given["SecretAccessKey"],
        aws_session_token=given["SessionToken"],
    )


def test_the_signing_key_can_only_get_footage_thumbnails_and_exports(places: SiteStore) -> None:
    keys = read_keys(places.home)
    assert keys is not None
    kept = ("thumbnails/", "exports/")
    readable = [p for p in PLACES if p[1].startswith(kept) or p[0] == "footage"]
    readable.remove(("footage", "inbox/pi1/a"))
    before = everything_in(places.root)
    table = list(every_operation(places.client(keys.signer)))
    allowed = {(operation, place) for operation, place, seen in table if seen == "ok"}
    assert {a for a in allowed if a[0] not in NO_OPERATION | READS} == set()
    assert {place for operation, place in allowed if operation == "GetObject"} == set(readable)
    assert {place for operation, place in allowed if operation in READS} == set(readable)
    assert everything_in(places.root) == before


def test_the_reading_key_sees_everything_and_changes_nothing(places: SiteStore) -> None:
    keys = read_keys(places.home)
    assert keys is not None
    assert keys.reader is not None
    before = everything_in(places.root)
    table = list(every_operation(places.client(keys.reader)))
    allowed = {(operation, place) for operation, place, seen in table if seen == "ok"}
    assert {a[0] for a in allowed} - NO_OPERATION - READS - LISTS == set()
    assert {place for operation, place in allowed if operation == "GetObject"} == set(PLACES)
    assert everything_in(places.root) == before
