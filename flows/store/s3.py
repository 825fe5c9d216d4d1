"""A store behind S3; `s3_client.py` knows boto3."""

from __future__ import annotations

import base64
import hashlib
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from email.utils import parsedate_to_datetime
from io import BytesIO
from itertools import islice
from pathlib import Path
from typing import Any

from edge.clock import to_ms
from edge.errors import Damaged, ObjectMissing
from flows.store import LIVECAM, Capabilities, Names, ObjectInfo, Pace
from flows.store.access import Access
from flows.store.errors import from_code, os_errors
from flows.store.naming import check_bucket, check_key, check_metadata, check_prefix
from flows.store.paced import Paced
from flows.store.s3_client import CONNECT_S, FOREIGN, READ_S, code_of, connect, cut_short, from_boto

CHUNK = 1 << 20
BATCH = 1000  # S3's own limit of a delete, and of a page
GONE = ("NoSuchKey", "NoSuchVersion")


class S3Store:
    """`ObjectStore` over S3. Calls raise `StoreUnavailable` after 5 s without a connection,
    60 s without a byte. Threads may share it."""

    def __init__(self, access: Access) -> None:
        self.access = access
        self.capabilities = Capabilities(
            versions=True, identities=True, presigned=access.signer is not None
        )
        self._s3 = connect(access.endpoint, access.region, access.key)
        # A2: what signs addresses is a key that can only GET, for the name the browser uses.
        self._signer: Any = (
            connect(access.public_endpoint, access.region, access.signer) if access.signer else None
        )
        self._versioned: dict[str, bool] = {}

    def __repr__(self) -> str:
        return f"S3Store({self.access.endpoint!r})"

    def probe(self) -> None:
        """Prove conditional create here; StoreRefused otherwise."""
        from flows.store.probe import probe

        probe(self)

    def create(
        self,
        bucket: str,
        key: str,
        data: bytes | Path,
        *,
        sha256: str | None = None,
        metadata: Mapping[str, str] | None = None,
        content_type: str = "application/octet-stream",
        pace: Pace | None = None,
    ) -> ObjectInfo:
        """One PUT, up to 5 GiB, from the file without reading it into memory (C1)."""
        check_key(key)
        with ExitStack() as stack:
            with os_errors(key):
                body: Any = (
                    data if isinstance(data, bytes) else stack.enter_context(data.open("rb"))
                )
                size = len(data) if isinstance(data, bytes) else data.stat().st_size
                digest = sha256 or _digest(data)
            if pace is not None:
                body = Paced(BytesIO(body) if isinstance(body, bytes) else body, pace)
            with self._calling(bucket, key):
                reply = self._s3.put_object(
                    Bucket=check_bucket(bucket),
                    Key=key,
                    Body=body,
                    ContentLength=size,
                    ContentType=content_type,
                    Metadata=check_metadata(metadata or {}),
                    IfNoneMatch="*",
                    ChecksumSHA256=_to_base64(digest),
                )
        return ObjectInfo(
            key, size, _date_ms(reply), _version(reply), digest.lower(), dict(metadata or {})
        )

    def head(self, bucket: str, key: str, version_id: str = "") -> ObjectInfo:
        """Size, arrival, digest and metadata, in one request."""
        try:
            with self._calling(bucket, key):
                reply = self._s3.head_object(
                    **self._at(bucket, key, version_id), ChecksumMode="ENABLED"
                )
        except ObjectMissing:
            self._refuse_missing(bucket)  # a HEAD's reply has no body to say which is missing
            raise
        return ObjectInfo(
            key,
            reply["ContentLength"],
            to_ms(reply["LastModified"]),
            _version(reply),
            _to_hex(reply.get("ChecksumSHA256")),
            reply["Metadata"],
        )

    def _refuse_missing(self, bucket: str) -> None:
        try:
            with self._calling(bucket):
                self._s3.head_bucket(Bucket=bucket)
        except ObjectMissing:
            raise from_code("NoSuchBucket", 404, bucket) from None

    def read(
        self,
        bucket: str,
        key: str,
        version_id: str = "",
        *,
        offset: int = 0,
        size: int | None = None,
    ) -> bytes:
        """The bytes, or a range of them in one ranged GET."""
        if size == 0:
            return b""
        last = "" if size is None else str(offset + size - 1)
        span = {"Range": f"bytes={offset}-{last}"} if offset or size is not None else {}
        at = self._at(bucket, key, version_id)
        with self._reading(at, lambda: span):
            try:
                data: bytes = self._s3.get_object(**at, **span)["Body"].read()
            except FOREIGN as error:
                if code_of(error) != "InvalidRange":
                    raise
                data = b""  # it begins past the object's end
        return data

    def fetch(self, bucket: str, key: str, target: Path, version_id: str = "") -> str:
        """Stream to a temporary name beside `target`, hashing, then rename."""
        partial = target.with_name(f".{target.name}.{uuid.uuid4().hex}")
        digest = hashlib.sha256()
        at = self._at(bucket, key, version_id)
        try:
            with os_errors(key), self._reading(at, lambda: _next_byte(partial)):
                with partial.open("wb") as file:
                    for chunk in self._s3.get_object(**at)["Body"].iter_chunks(CHUNK):
                        digest.update(chunk)
                        file.write(chunk)
                partial.replace(target)
        finally:
            partial.unlink(missing_ok=True)
        return digest.hexdigest()

    @contextmanager
    def _reading(
        self, at: Mapping[str, str], again: Callable[[], Mapping[str, str]]
    ) -> Iterator[None]:
        """As `_calling`; Damaged where the bytes that did not come do not come again either."""
        with self._calling(at["Bucket"], at["Key"]):
            try:
                yield
            except FOREIGN as error:
                if cut_short(error) and self._is_unreadable(at, again()):
                    raise Damaged("the store can no longer read it", key=at["Key"]) from None
                raise

    def _is_unreadable(self, at: Mapping[str, str], span: Mapping[str, str]) -> bool:
        """Whether the object answers HEAD and yet cannot be read.

        MinIO tells bit rot by 503 `SlowDownRead` or by hanging up in mid-body; a drive or
        a network that is gone looks the same, but fails the HEAD too.
        """
        try:
            self._s3.head_object(**at)
        except FOREIGN:
            return False
        try:
            for _ in self._s3.get_object(**at, **span)["Body"].iter_chunks(CHUNK):
                pass
        except FOREIGN as error:
            return cut_short(error)
        return False

    def list(self, bucket: str, prefix: str = "", *, after: str = "") -> Iterator[ObjectInfo]:
        """Current objects under a prefix, in order of key."""
        pages = self._pages("list_objects_v2", bucket, prefix, **_some(StartAfter=after))
        for page in pages:
            for item in page.get("Contents", ()):
                yield _listed(item)

    def folders(self, bucket: str, prefix: str) -> Names:
        """Names of the next level below `prefix`, in order."""
        return [
            item["Prefix"][len(prefix) : -1]
            for page in self._pages("list_objects_v2", bucket, prefix, Delimiter="/")
            for item in page.get("CommonPrefixes", ())
        ]

    def versions(self, bucket: str, prefix: str = "") -> Iterator[ObjectInfo]:
        """Every version and delete marker under a prefix."""
        for page in self._pages("list_object_versions", bucket, prefix):
            found = [(item, False) for item in page.get("Versions", ())]
            found += [(item, True) for item in page.get("DeleteMarkers", ())]
            found.sort(key=lambda it: (it[0]["Key"], -to_ms(it[0]["LastModified"])))
            for item, deleted in found:
                yield _listed(item, deleted)

    def delete(self, bucket: str, objects: Iterable[tuple[str, str]]) -> None:
        """Delete by version, a thousand a request; any that fails is raised."""
        named = iter(self._every_version(bucket, objects))
        while batch := [_identified(k, v) for k, v in islice(named, BATCH)]:
            with self._calling(bucket):
                reply = self._s3.delete_objects(
                    Bucket=bucket, Delete={"Objects": batch, "Quiet": True}
                )
            for error in reply.get("Errors", ()):
                if error["Code"] not in GONE:
                    raise from_code(error["Code"], 0, bucket, error.get("Key", ""))

    def _every_version(
        self, bucket: str, objects: Iterable[tuple[str, str]]
    ) -> Iterator[tuple[str, str]]:
        for key, version_id in objects:
            check_key(key)
            if version_id or not self._is_versioned(bucket):
                yield key, version_id
                continue
            # A delete without a version would only lay a marker over the bytes.
            yield from ((v.key, v.version_id) for v in self.versions(bucket, key) if v.key == key)

    def _is_versioned(self, bucket: str) -> bool:
        if bucket not in self._versioned:
            with self._calling(bucket):
                reply = self._s3.get_bucket_versioning(Bucket=check_bucket(bucket))
            self._versioned[bucket] = "Status" in reply
        return self._versioned[bucket]

    def presign(
        self, bucket: str, key: str, version_id: str, *, seconds: int = 60, file: str = ""
    ) -> str | None:
        """A GET on `public_endpoint`, signed by the GET-only key; None without one (A2)."""
        if self._signer is None:
            return None
        saved = {"ResponseContentDisposition": f'attachment; filename="{file}"'} if file else {}
        with self._calling(bucket, key):
            url: str = self._signer.generate_presigned_url(
                "get_object", Params=self._at(bucket, key, version_id) | saved, ExpiresIn=seconds
            )
        return url

    def delta_uri(self, path: str) -> str:
        """The address of a Delta table at `path` of the livecam bucket."""
        return f"s3://{LIVECAM}/{check_key(path)}"

    def delta_options(self) -> dict[str, str]:
        """Storage options for it; they hold the secret key."""
        return {
            "aws_endpoint": self.access.endpoint,
            "aws_region": self.access.region,
            "aws_access_key_id": self.access.key.access_key,
            "aws_secret_access_key": self.access.key.secret_key,
            "aws_virtual_hosted_style_request": "false",
            "aws_conditional_put": "etag",
            "allow_http": str(self.access.endpoint.startswith("http://")).lower(),
            "connect_timeout": f"{CONNECT_S}s",
            "timeout": f"{READ_S}s",
        }

    def _at(self, bucket: str, key: str, version_id: str) -> dict[str, str]:
        return {
            "Bucket": check_bucket(bucket),
            "Key": check_key(key),
            **_some(VersionId=version_id),
        }

    def _pages(
        self, operation: str, bucket: str, prefix: str, **more: str
    ) -> Iterator[Mapping[str, Any]]:
        paginator = self._s3.get_paginator(operation)
        pages = paginator.paginate(Bucket=check_bucket(bucket), Prefix=check_prefix(prefix), **more)
        with self._calling(bucket, prefix):
            yield from pages

    @contextmanager
    def _calling(self, bucket: str, key: str = "") -> Iterator[None]:
        """Raise what boto3 raises as one of ours."""
        try:
            yield
        except FOREIGN as error:
            raise from_boto(error, self.access.endpoint, bucket, key) from None


def _next_byte(partial: Path) -> dict[str, str]:
    at = partial.stat().st_size
    return {"Range": f"bytes={at}-{at}"} if at else {}


def _some(**values: str) -> dict[str, str]:
    return {name: value for name, value in values.items() if value}


def _digest(data: bytes | Path) -> str:
    if isinstance(data, bytes):
        return hashlib.sha256(data).hexdigest()
    with data.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _to_base64(digest: str) -> str:
    return base64.b64encode(bytes.fromhex(digest)).decode()


def _to_hex(checksum: str | None) -> str | None:
    """None for none, and for a multipart's, which is not that of the bytes."""
    if not checksum or "-" in checksum:
        return None
    return base64.b64decode(checksum).hex()


def _version(reply: Mapping[str, Any]) -> str:
    """Objects of a bucket without versions have the version "null"; ours is ""."""
    version = str(reply.get("VersionId", ""))
    return "" if version == "null" else version


def _date_ms(reply: Mapping[str, Any]) -> int:
    """When the store says that it answered; 0 where it does not say."""
    date = reply["ResponseMetadata"]["HTTPHeaders"].get("date")
    return to_ms(parsedate_to_datetime(date)) if date else 0


def _listed(item: Mapping[str, Any], deleted: bool = False) -> ObjectInfo:
    return ObjectInfo(
        item["Key"],
        item.get("Size", 0),
        to_ms(item["LastModified"]),
        _version(item),
        deleted=deleted,
    )


def _identified(key: str, version_id: str) -> dict[str, str]:
    return {"Key": key, **_some(VersionId=version_id)}
