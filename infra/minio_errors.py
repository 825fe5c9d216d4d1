"""What the minio package raises, as errors of ours."""

from __future__ import annotations

import re

import urllib3
from minio.error import MinioAdminException, MinioException, S3Error, ServerError

from edge.errors import LivecamError, StoreRefused, StoreUnavailable
from flows.store.errors import from_code

FOREIGN = (MinioException, MinioAdminException, urllib3.exceptions.HTTPError)


def from_minio(error: Exception, endpoint: str) -> LivecamError:
    """One of `FOREIGN` as one of ours; never the server's own words."""
    if isinstance(error, S3Error):
        return from_code(error.code or "", 0, error.bucket_name or "", error.object_name or "")
    if isinstance(error, MinioAdminException):
        return _from_admin(error)
    if isinstance(error, ServerError):
        return StoreUnavailable(f"the store at {endpoint} failed")
    if isinstance(error, MinioException):
        return StoreRefused(f"the store at {endpoint} gave an answer that is not S3's")
    hint = "'livecam up' starts the site's own"
    return StoreUnavailable(f"the store at {endpoint} does not answer", hint=hint)


def _from_admin(error: MinioAdminException) -> LivecamError:
    """Its status and code; the rest of its body may repeat what was sent."""
    status = re.search(r"Status: (\d+)", str(error))
    code = re.search(r'"Code":"(\w+)"', str(error))
    told = f"MinIO's admin interface refused: {code[1] if code else 'no reason given'}"
    if status and status[1].startswith("5"):
        return StoreUnavailable(told)
    denied = code is None or code[1] == "AccessDenied"
    hint = "store.access_key must be the server's owner" if denied else None
    return StoreRefused(told, hint=hint)
