"""Where bytes are kept: one protocol, a folder and an S3 server behind it.

Keys are `/`-separated relative paths (`naming.py`). Every method raises only `edge.errors`:
Retryable `StoreUnavailable`, or Permanent `StoreRefused`, `ObjectExists`, `ObjectMissing`,
`Damaged`, and `BadName` for what can be no key. Nothing here tries again: the caller does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

FOOTAGE = "footage"  # bucket: videos/…, versioned
LIVECAM = "livecam"  # bucket: inbox/…, journal/…, catalogue/…, thumbnails/…, exports/…
EXPORTS = "exports/"  # in it, a folder an export: no step of retention looks there

Pace = Callable[[int], None]  # told of each block before it goes; may hold it up
Names = list[str]  # spelled here: inside the protocol, `list` is its method


@dataclass(frozen=True, slots=True)
class ObjectInfo:
    """What the store itself says of one version of an object.

    `received_ms` is the store's own time of arrival; `sha256` is what the store computed or
    checked on arrival, None where it holds none; `version_id` is "" where the store has no
    versions; a delete marker has `deleted` set and size 0.
    """

    key: str
    size_bytes: int
    received_ms: int
    version_id: str = ""
    sha256: str | None = None
    metadata: Mapping[str, str] | None = None
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a store honestly has; audit answers `not_applicable` for the rest."""

    versions: bool
    identities: bool
    presigned: bool


class ObjectStore(Protocol):
    """Create, read, list and delete objects; an object never changes."""

    capabilities: Capabilities

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
    ) -> ObjectInfo | None:
        """Create an object in one conditional PUT, durable on return.

        `sha256` (hex) is verified by the store. Answers what is known of the new object
        without reading it (a node's key cannot). Raises ObjectExists when the name is taken,
        Damaged when the bytes do not match `sha256`.
        """

    def head(self, bucket: str, key: str, version_id: str = "") -> ObjectInfo:
        """What the store says of a version, or of the current one."""

    def read(
        self,
        bucket: str,
        key: str,
        version_id: str = "",
        *,
        offset: int = 0,
        size: int | None = None,
    ) -> bytes:
        """The bytes, or a range of them, cut short where the object ends."""

    def fetch(self, bucket: str, key: str, target: Path, version_id: str = "") -> str:
        """Write the bytes to `target` (whole or not at all); answer their SHA-256 in hex."""

    def list(self, bucket: str, prefix: str = "", *, after: str = "") -> Iterator[ObjectInfo]:
        """Current objects under a prefix, in order of key, those after `after` only.

        Key, size and time of arrival; `head` tells the rest.
        """

    def folders(self, bucket: str, prefix: str) -> Names:
        """Names of the next level below `prefix` (which ends in `/`), in order."""

    def versions(self, bucket: str, prefix: str = "") -> Iterator[ObjectInfo]:
        """Every version and delete marker under a prefix, in order of key, newest first.

        The current objects where the store has no versions.
        """

    def delete(self, bucket: str, objects: Iterable[tuple[str, str]]) -> None:
        """Delete these (key, version_id) for good; "" means all that is there of the key.

        What is already gone is no error; any other failed delete is raised.
        """

    def presign(
        self, bucket: str, key: str, version_id: str, *, seconds: int = 60, file: str = ""
    ) -> str | None:
        """A GET address that a browser can open and that ends; None without such a thing.

        `file`: the browser is to save it under that name.
        """

    def delta_uri(self, path: str) -> str:
        """The address of a Delta table at `path` of the livecam bucket."""

    def delta_options(self) -> dict[str, str]:
        """Storage options for it. They hold secrets: never log them."""


class StoreAdmin(Protocol):
    """What only the site's owner does to a store: a folder itself, `infra/minio.py` for S3."""

    def prepare(self) -> None:
        """Make buckets (footage versioned) and policies; harmless to repeat."""

    def probe(self) -> None:
        """Prove that conditional create holds, else raise StoreRefused saying so."""
