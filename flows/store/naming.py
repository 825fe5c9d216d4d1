"""Which buckets and keys there can be: the same for every store, checked before any call.

Names that begin with a dot are the stores' own, and `#` is what Delta's writers put into
the names of unfinished files: neither is ever a key, so listings can tell them apart.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from edge.errors import BadName

LONGEST_KEY = 1024  # bytes, S3's own limit
LONGEST_PART = 240  # leaves room for a suffix on any file system
MOST_METADATA = 2048  # bytes, names and values together

_META = re.compile(r"[a-z0-9][a-z0-9-]*")
_BUCKET = re.compile(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]")
_PART = re.compile(r"[A-Za-z0-9_=%+@,:~!'()-][A-Za-z0-9_=%+@,:~!'().-]*")


def is_part(name: str) -> bool:
    """Whether a name may stand between two slashes of a key."""
    return len(name) <= LONGEST_PART and _PART.fullmatch(name) is not None


def is_key(key: str) -> bool:
    """Whether a store of ours may hold an object of that name."""
    return len(key) <= LONGEST_KEY and all(map(is_part, key.split("/")))


def check_key(key: str) -> str:
    """Return an object's key, or raise BadName: no `..`, no leading slash, nothing odd."""
    if not is_key(key):
        raise BadName(
            f"not an object key: {key[:80]!r}",
            hint="A key is parts of letters, digits and _=-. between single slashes",
        )
    return key


def check_prefix(prefix: str) -> str:
    """Return what a listing begins with, or raise BadName. The last part may be unfinished."""
    whole, _, last = prefix.rpartition("/")
    if (whole and not is_key(whole)) or (last and not is_part(last)) or prefix.startswith("/"):
        raise BadName(f"not the beginning of an object key: {prefix[:80]!r}")
    return prefix


def check_bucket(bucket: str) -> str:
    """Return a bucket's name, or raise BadName."""
    if not _BUCKET.fullmatch(bucket):
        raise BadName(f"not a bucket's name: {bucket[:80]!r}")
    return bucket


def check_metadata(metadata: Mapping[str, str]) -> dict[str, str]:
    """Return what may travel in headers, or raise BadName: lower-case names, ASCII, 2 KB."""
    for name, value in metadata.items():
        if not _META.fullmatch(name) or not value.isascii() or not _plain(value):
            raise BadName(f"not metadata that a store carries: {name!r}")
    if sum(len(n) + len(v) for n, v in metadata.items()) > MOST_METADATA:
        raise BadName(f"more metadata than a store carries: {MOST_METADATA} bytes")
    return dict(metadata)


def _plain(value: str) -> bool:
    return value.isprintable() and value == value.strip()
