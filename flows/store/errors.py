"""Foreign failures as ours: what a file system or an S3 server says, by its code.

Pure tables, no client library: `s3.py` hands in codes, `folder.py` an `OSError`.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from edge.errors import (
    BadName,
    Damaged,
    LivecamError,
    ObjectExists,
    ObjectMissing,
    StoreRefused,
    StoreUnavailable,
)

Kind = type[LivecamError]

_WRITABLE = "Check who owns the folder, and that its disk is mounted for writing"
_LINKS = "Keep LIVECAM_HOME on a file system with hard links: ext4, xfs, btrfs"
_ROOM = "Free some space, or move LIVECAM_HOME to a larger disk"

# errno → (kind, words, hint); any other is a disk that may recover.
ERRNOS: Mapping[int, tuple[Kind, str, str | None]] = {
    errno.EEXIST: (ObjectExists, "the name is taken", None),
    errno.ENOENT: (ObjectMissing, "there is no such object", None),
    errno.ENOTDIR: (ObjectMissing, "there is no such object", None),
    errno.EISDIR: (ObjectMissing, "there is no such object", None),
    errno.ENAMETOOLONG: (BadName, "the file system has no room for so long a name", None),
    errno.ENOSPC: (StoreUnavailable, "the store's disk is full", _ROOM),
    errno.EDQUOT: (StoreUnavailable, "the store's disk quota is used up", _ROOM),
    errno.EACCES: (StoreRefused, "the store's folder denies access", _WRITABLE),
    errno.EPERM: (StoreRefused, "the store's folder denies access", f"{_WRITABLE}. {_LINKS}"),
    errno.EROFS: (StoreRefused, "the store's disk is read-only", _WRITABLE),
    errno.ENOTSUP: (StoreRefused, "the store's disk has no hard links", _LINKS),
    errno.EXDEV: (StoreRefused, "the store's folder spans several disks", _LINKS),
}


@contextmanager
def os_errors(key: str) -> Iterator[None]:
    """Raise an `OSError` of the body as one of ours."""
    try:
        yield
    except OSError as error:
        raise from_os(error, key) from error


def from_os(error: OSError, key: str) -> LivecamError:
    """What a file system's failure means to a caller of a store."""
    if error.errno is not None and error.errno in ERRNOS:
        kind, words, hint = ERRNOS[error.errno]
        return kind(words, key=key, path=error.filename if hint else None, hint=hint)
    reason = error.strerror or "I/O error"
    return StoreUnavailable(f"the store's disk: {reason}", key=key, path=error.filename)


_KEYS = "Check store.access_key and store.secret_key in livecam.yaml"
_RIGHTS = "This key may not do that here; 'livecam nodes add' makes a node's key anew"
_BUCKET = "'livecam up' on the hub makes the buckets"
_CLOCK = "Set this machine's clock: S3 refuses requests more than 15 minutes off"

# Code → (kind, words, hint). A code that is not here is judged by its HTTP status.
CODES: Mapping[str, tuple[Kind, str, str | None]] = {
    "PreconditionFailed": (ObjectExists, "the name is taken", None),
    "NoSuchKey": (ObjectMissing, "there is no such object", None),
    "NoSuchVersion": (ObjectMissing, "there is no such version of the object", None),
    "MethodNotAllowed": (ObjectMissing, "the object's version is a delete marker", None),
    "NoSuchBucket": (StoreRefused, "the store has no bucket {bucket!r}", _BUCKET),
    "AccessDenied": (StoreRefused, "the store denies access in bucket {bucket!r}", _RIGHTS),
    "AllAccessDisabled": (StoreRefused, "the store denies access in bucket {bucket!r}", _RIGHTS),
    "InvalidAccessKeyId": (StoreRefused, "the store does not know the access key", _KEYS),
    "SignatureDoesNotMatch": (StoreRefused, "the secret key is wrong", _KEYS),
    "InvalidTokenId": (StoreRefused, "the store does not know the access key", _KEYS),
    "ExpiredToken": (StoreRefused, "the key has expired", _KEYS),
    "RequestTimeTooSkewed": (StoreRefused, "this machine's clock is wrong", _CLOCK),
    "NotImplemented": (StoreRefused, "the store cannot do that", "Use another S3 server"),
    "EntityTooLarge": (StoreRefused, "the object is larger than the store takes", None),
    "BadDigest": (Damaged, "the bytes do not match their digest", None),
    "InvalidDigest": (Damaged, "the digest is none", None),
    "XAmzContentChecksumMismatch": (Damaged, "the bytes do not match their digest", None),
    "XAmzContentSHA256Mismatch": (Damaged, "the bytes changed while they were sent", None),
    "IncompleteBody": (StoreUnavailable, "the store did not get all bytes", None),
    "RequestTimeout": (StoreUnavailable, "the store gave up waiting for the bytes", None),
    "ConditionalRequestConflict": (StoreUnavailable, "another writer is at that name", None),
    "OperationAborted": (StoreUnavailable, "the store is busy at that name", None),
    "InternalError": (StoreUnavailable, "the store failed", None),
    "ServiceUnavailable": (StoreUnavailable, "the store cannot answer just now", None),
    "SlowDown": (StoreUnavailable, "the store asks to slow down", None),
    "SlowDownRead": (StoreUnavailable, "the store cannot read just now", None),
    "SlowDownWrite": (StoreUnavailable, "the store cannot write just now", None),
    "XMinioStorageFull": (StoreUnavailable, "the store's disk is full", "Free some space there"),
    "XMinioServerNotInitialized": (StoreUnavailable, "the store is starting", None),
}

# A HEAD's reply has no body, so its status is all there is.
_STATUS: Mapping[int, str] = {
    403: "AccessDenied",
    404: "NoSuchKey",
    405: "MethodNotAllowed",
    408: "RequestTimeout",
    409: "ConditionalRequestConflict",
    412: "PreconditionFailed",
    429: "SlowDown",
}


def from_code(code: str, status: int, bucket: str, key: str = "") -> LivecamError:
    """What an S3 error code and HTTP status mean.

    The server's own words stay out of it: they may repeat what was sent.
    """
    known = code if code in CODES else _STATUS.get(status)
    if known is not None:
        kind, words, hint = CODES[known]
        return kind(words.format(bucket=bucket), key=key, hint=hint)
    if status >= 500:
        return StoreUnavailable(f"the store failed: {code} ({status})", key=key)
    return StoreRefused(f"the store refused: {code} ({status})", key=key)
