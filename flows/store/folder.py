"""A store in a folder: object O of bucket B is the plain file `store/B/O`.

Beside it lies `.<name>.json` with what S3 keeps in headers: digest, metadata, content type.
It has no versions and no identities, and says so.
"""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from edge.errors import BadName, Damaged, ObjectMissing, StoreRefused
from flows.store import FOOTAGE, LIVECAM, Capabilities, Names, ObjectInfo, Pace
from flows.store.errors import os_errors
from flows.store.files import (
    clear,
    copy_in,
    digest,
    entries,
    link_into,
    make_folder,
    remove_empty,
    sync,
    walk,
)
from flows.store.naming import check_bucket, check_key, check_metadata, check_prefix

TEMPORARY = ".tmp"


class FolderStore:
    """`ObjectStore` and `StoreAdmin` over one folder; any number of processes may share it."""

    capabilities = Capabilities(versions=False, identities=False, presigned=False)

    def __init__(self, root: Path) -> None:
        self.root = root

    def __repr__(self) -> str:
        return f"FolderStore({str(self.root)!r})"

    def prepare(self) -> None:
        """Make both buckets, and clear away what a crash left half written."""
        with os_errors(""):
            for bucket in (FOOTAGE, LIVECAM):
                make_folder(self.root / bucket / TEMPORARY)
                clear(self.root / bucket / TEMPORARY)

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
        """Temporary file, fsync, a link that refuses to replace, fsync of the folder."""
        target, temporary = self._path(bucket, key), self._temporary(bucket)
        with os_errors(key):
            try:
                found = copy_in(data, temporary, pace)
                if sha256 is not None and found != sha256.lower():
                    raise Damaged("the bytes do not match their digest", key=key)
                facts = {
                    "sha256": found,
                    "metadata": check_metadata(metadata or {}),
                    "content_type": content_type,
                }
                self._link(temporary, target, facts)
            finally:
                temporary.unlink(missing_ok=True)
        return self.head(bucket, key)

    def _link(self, temporary: Path, target: Path, facts: Mapping[str, Any]) -> None:
        try:
            link_into(temporary, target)
        except FileExistsError:
            if target.is_dir():
                raise BadName("other objects lie below that key", path=target) from None
            # A crash between link and facts: the repeat of the same create mends it.
            if not _beside(target).exists() and digest(target) == facts["sha256"]:
                self._write_facts(target, facts)
            raise
        self._write_facts(target, facts)

    def _write_facts(self, target: Path, facts: Mapping[str, Any]) -> None:
        temporary = self._temporary(target.relative_to(self.root).parts[0])
        copy_in(json.dumps(facts).encode(), temporary)
        temporary.replace(_beside(target))
        sync(target.parent)

    def head(self, bucket: str, key: str, version_id: str = "") -> ObjectInfo:
        """Size and arrival are the file's own; the digest was computed on arrival."""
        path = self._object(bucket, key, version_id)
        with os_errors(key):
            facts = _read_facts(path)
            return _info(key, path.stat(), facts)

    def read(
        self,
        bucket: str,
        key: str,
        version_id: str = "",
        *,
        offset: int = 0,
        size: int | None = None,
    ) -> bytes:
        """The bytes, or a range of them."""
        with os_errors(key), self._object(bucket, key, version_id).open("rb") as file:
            file.seek(offset)
            return file.read(-1 if size is None else size)

    def fetch(self, bucket: str, key: str, target: Path, version_id: str = "") -> str:
        """Copy the bytes to `target` under a temporary name first."""
        source = self._object(bucket, key, version_id)
        partial = target.with_name(f".{target.name}.{uuid.uuid4().hex}")
        with os_errors(key):
            try:
                found = copy_in(source, partial)
                partial.replace(target)
            finally:
                partial.unlink(missing_ok=True)
        return found

    def list(self, bucket: str, prefix: str = "", *, after: str = "") -> Iterator[ObjectInfo]:
        """Current objects under a prefix, in order of key."""
        folder = check_prefix(prefix).rpartition("/")[0]
        root = self._bucket(bucket)
        for key, entry in walk(root / folder, f"{folder}/" if folder else "", prefix, after):
            with suppress(FileNotFoundError), os_errors(key):
                yield _info(key, entry.stat(), None)

    def folders(self, bucket: str, prefix: str) -> Names:
        """Names of the next level below `prefix`, in order."""
        with os_errors(prefix):
            found = entries(self._bucket(bucket) / check_prefix(prefix))
            return sorted(name.rstrip("/") for name, _ in found if name.endswith("/"))

    def versions(self, bucket: str, prefix: str = "") -> Iterator[ObjectInfo]:
        """The current objects: there are no others."""
        return self.list(bucket, prefix)

    def delete(self, bucket: str, objects: Iterable[tuple[str, str]]) -> None:
        """Remove the files; their folders too where nothing else is left in them."""
        root, touched = self._bucket(bucket), set()
        for key, _ in objects:
            path = self._path(bucket, key)
            with os_errors(key):
                path.unlink(missing_ok=True)
                _beside(path).unlink(missing_ok=True)
            touched.add(path.parent)
        for folder in touched:
            with os_errors(""), suppress(FileNotFoundError, NotADirectoryError):
                sync(folder)
            remove_empty(folder, root)

    def presign(
        self, bucket: str, key: str, version_id: str, *, seconds: int = 60, file: str = ""
    ) -> None:
        """None: the gateway serves the ranges itself."""

    def delta_uri(self, path: str) -> str:
        """The folder of the table."""
        return str(self.root / LIVECAM / check_key(path))

    def delta_options(self) -> dict[str, str]:
        """None are needed."""
        return {}

    def _bucket(self, bucket: str) -> Path:
        path = self.root / check_bucket(bucket)
        if not path.is_dir():
            hint = "Is its disk mounted?" if self.root.is_dir() else None
            raise StoreRefused(f"the store has no bucket {bucket!r}", path=path, hint=hint)
        return path

    def _path(self, bucket: str, key: str) -> Path:
        return self._bucket(bucket) / check_key(key)

    def _object(self, bucket: str, key: str, version_id: str) -> Path:
        path = self._path(bucket, key)
        if version_id or not path.is_file():
            raise ObjectMissing("there is no such object", key=key)
        return path

    def _temporary(self, bucket: str) -> Path:
        folder = self._bucket(bucket) / TEMPORARY
        with os_errors(""):
            folder.mkdir(exist_ok=True)
        return folder / uuid.uuid4().hex


def _beside(path: Path) -> Path:
    return path.with_name(f".{path.name}.json")


def _info(key: str, stat: os.stat_result, facts: Mapping[str, Any] | None) -> ObjectInfo:
    known = facts or {}
    return ObjectInfo(
        key=key,
        size_bytes=stat.st_size,
        received_ms=stat.st_mtime_ns // 1_000_000,
        sha256=known.get("sha256"),
        metadata=known.get("metadata"),
    )


def _read_facts(path: Path) -> Mapping[str, Any] | None:
    """What lies beside an object; None where it was lost, which costs no footage."""
    try:
        facts = json.loads(_beside(path).read_bytes())
    except (FileNotFoundError, ValueError):
        return None
    return facts if isinstance(facts, dict) else None
