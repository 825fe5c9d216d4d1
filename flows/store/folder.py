"""A store in a folder: object O of bucket B is the plain file `store/B/O`.

Beside it lies `.<name>.json` with what S3 keeps in headers: digest, metadata, content type.
It has no versions and no identities, and says so.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from edge.errors import BadName, Damaged, ObjectExists, ObjectMissing, StoreRefused
from flows.store import FOOTAGE, LIVECAM, Capabilities, Names, ObjectInfo
from flows.store.errors import os_errors
from flows.store.naming import check_bucket, check_key, check_metadata, check_prefix, is_part

CHUNK = 1 << 20
TEMPORARY = ".tmp"
ABANDONED_S = 24 * 3600


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
                _make_folder(self.root / bucket / TEMPORARY)
                _clear(self.root / bucket / TEMPORARY)

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
    ) -> ObjectInfo:
        """Temporary file, fsync, a link that refuses to replace, fsync of the folder."""
        target, temporary = self._path(bucket, key), self._temporary(bucket)
        with os_errors(key):
            try:
                digest = _copy_in(data, temporary)
                if sha256 is not None and digest != sha256.lower():
                    raise Damaged("the bytes do not match their digest", key=key)
                facts = {
                    "sha256": digest,
                    "metadata": check_metadata(metadata or {}),
                    "content_type": content_type,
                }
                self._link(temporary, target, facts)
            finally:
                temporary.unlink(missing_ok=True)
        return self.head(bucket, key)

    def _link(self, temporary: Path, target: Path, facts: Mapping[str, Any]) -> None:
        try:
            _link_into(temporary, target)
        except FileExistsError:
            if target.is_dir():
                raise BadName("other objects lie below that key", path=target) from None
            # A crash between link and facts: the repeat of the same create mends it.
            if not _beside(target).exists() and _digest(target) == facts["sha256"]:
                self._write_facts(target, facts)
            raise
        self._write_facts(target, facts)

    def _write_facts(self, target: Path, facts: Mapping[str, Any]) -> None:
        temporary = self._temporary(target.relative_to(self.root).parts[0])
        _copy_in(json.dumps(facts).encode(), temporary)
        temporary.replace(_beside(target))
        _sync(target.parent)

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
                digest = _copy_in(source, partial)
                partial.replace(target)
            finally:
                partial.unlink(missing_ok=True)
        return digest

    def list(self, bucket: str, prefix: str = "", *, after: str = "") -> Iterator[ObjectInfo]:
        """Current objects under a prefix, in order of key."""
        folder = check_prefix(prefix).rpartition("/")[0]
        root = self._bucket(bucket)
        for key, entry in _walk(root / folder, f"{folder}/" if folder else "", prefix, after):
            with suppress(FileNotFoundError), os_errors(key):
                yield _info(key, entry.stat(), None)

    def folders(self, bucket: str, prefix: str) -> Names:
        """Names of the next level below `prefix`, in order."""
        with os_errors(prefix):
            entries = _entries(self._bucket(bucket) / check_prefix(prefix))
            return sorted(name.rstrip("/") for name, _ in entries if name.endswith("/"))

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
                _sync(folder)
            _remove_empty(folder, root)

    def presign(self, bucket: str, key: str, version_id: str, *, seconds: int = 60) -> None:
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


def _copy_in(data: bytes | Path, target: Path) -> str:
    """Write `target` durably; answer the SHA-256 of what was written."""
    digest = hashlib.sha256()
    with target.open("wb") as file:
        for chunk in [data] if isinstance(data, bytes) else _chunks(data):
            digest.update(chunk)
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
    return digest.hexdigest()


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    for chunk in _chunks(path):
        digest.update(chunk)
    return digest.hexdigest()


def _link_into(source: Path, target: Path) -> None:
    """Give `source` its name, never replacing; another process may be removing folders."""
    for _ in range(10):
        _make_folder(target.parent)
        with suppress(FileNotFoundError):
            os.link(source, target)
            return
    raise ObjectExists("its folder is removed as often as it is made", path=target)


def _make_folder(path: Path) -> None:
    """`mkdir -p`, durable: a new folder's entry in its parent is fsynced."""
    if path.is_dir():
        return
    _make_folder(path.parent)
    try:
        path.mkdir()
    except FileExistsError:
        if not path.is_dir():
            raise BadName("an object stands where a folder must be", path=path) from None
    except FileNotFoundError:
        return  # the parent was just removed as empty; the caller tries again
    else:
        with suppress(FileNotFoundError):
            _sync(path.parent)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _remove_empty(folder: Path, root: Path) -> None:
    while folder != root:
        try:
            folder.rmdir()
        except OSError:
            return  # something is in it, or someone else was quicker
        folder = folder.parent


def _clear(folder: Path) -> None:
    oldest = time.time() - ABANDONED_S
    for path in folder.iterdir():
        with suppress(FileNotFoundError):
            if path.stat().st_mtime < oldest:
                path.unlink()


def _entries(folder: Path) -> list[tuple[str, os.DirEntry[str]]]:
    """What lies in a folder in the order of keys: a folder sorts as its name with a slash."""
    try:
        with os.scandir(folder) as found:
            entries = [e for e in found if is_part(e.name)]
    except (FileNotFoundError, NotADirectoryError):
        return []
    return sorted((e.name + "/" if e.is_dir() else e.name, e) for e in entries)


def _walk(
    folder: Path, base: str, prefix: str, after: str
) -> Iterator[tuple[str, os.DirEntry[str]]]:
    with os_errors(base):
        entries = _entries(folder)
    for name, entry in entries:
        key = base + name
        if not name.endswith("/"):
            if key.startswith(prefix) and key > after:
                yield key, entry
        elif _may_hold(key, prefix, after):
            yield from _walk(Path(entry.path), key, prefix, after)


def _may_hold(folder: str, prefix: str, after: str) -> bool:
    """Whether keys below `folder` (ends in `/`) can begin so and come after `after`."""
    begins = folder.startswith(prefix) or prefix.startswith(folder)
    return begins and (folder > after or after.startswith(folder))
