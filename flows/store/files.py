"""Files as the folder store needs them: durable writes, names never replaced, ordered walks."""

from __future__ import annotations

import hashlib
import os
import stat
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from edge.errors import BadName, StoreUnavailable
from flows.store import Pace
from flows.store.errors import os_errors
from flows.store.naming import is_part

CHUNK, PACED_CHUNK = 1 << 20, 1 << 14
ABANDONED_S = 24 * 3600


def copy_in(data: bytes | Path, target: Path, pace: Pace | None = None) -> str:
    """Write `target` durably; answer the SHA-256 of what was written."""
    found, size = hashlib.sha256(), CHUNK if pace is None else PACED_CHUNK
    with target.open("wb") as file:
        for chunk in [data] if isinstance(data, bytes) else _chunks(data, size):
            if pace is not None:
                pace(len(chunk))
            found.update(chunk)
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
    return found.hexdigest()


def _chunks(path: Path, size: int = CHUNK) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(size):
            yield chunk


def digest(path: Path) -> str:
    """The SHA-256 of a file, in hex."""
    found = hashlib.sha256()
    for chunk in _chunks(path):
        found.update(chunk)
    return found.hexdigest()


def link_into(source: Path, target: Path) -> None:
    """Give `source` its name, never replacing; another process may be removing folders."""
    for _ in range(10):
        make_folder(target.parent)
        with suppress(FileNotFoundError):
            os.link(source, target)
            return
    raise StoreUnavailable("its folder is removed as often as it is made", path=target)


def make_folder(path: Path) -> None:
    """`mkdir -p`, durable: a new folder's entry in its parent is fsynced.

    The caller tries again where the folder, or one above it, is removed as empty meanwhile.
    """
    if path.is_dir():
        return
    make_folder(path.parent)
    with suppress(FileNotFoundError):
        try:
            path.mkdir()
        except FileExistsError:
            if not stat.S_ISDIR(path.stat().st_mode):
                raise BadName("an object stands where a folder must be", path=path) from None
        else:
            sync(path.parent)


def sync(folder: Path) -> None:
    """Make the names in a folder durable."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def remove_empty(folder: Path, root: Path) -> None:
    """Remove a folder and those above it, up to `root`, as far as they are empty."""
    while folder != root:
        try:
            folder.rmdir()
        except OSError:
            return  # something is in it, or someone else was quicker
        folder = folder.parent


def clear(folder: Path) -> None:
    """Remove what nobody has written to for a day."""
    oldest = time.time() - ABANDONED_S
    for path in folder.iterdir():
        with suppress(FileNotFoundError):
            if path.stat().st_mtime < oldest:
                path.unlink()


def entries(folder: Path) -> list[tuple[str, os.DirEntry[str]]]:
    """What lies in a folder in the order of keys: a folder sorts as its name with a slash."""
    try:
        with os.scandir(folder) as found:
            ours = [e for e in found if is_part(e.name)]
    except (FileNotFoundError, NotADirectoryError):
        return []
    return sorted((e.name + "/" if e.is_dir() else e.name, e) for e in ours)


def walk(
    folder: Path, base: str, prefix: str, after: str
) -> Iterator[tuple[str, os.DirEntry[str]]]:
    """Keys that begin with `prefix` and come after `after`, in order; `base` is `folder`'s own."""
    with os_errors(base):
        found = entries(folder)
    for name, entry in found:
        key = base + name
        if not name.endswith("/"):
            if key.startswith(prefix) and key > after:
                yield key, entry
        elif _may_hold(key, prefix, after):
            yield from walk(Path(entry.path), key, prefix, after)


def _may_hold(folder: str, prefix: str, after: str) -> bool:
    """Whether keys below `folder` (ends in `/`) can begin so and come after `after`."""
    begins = folder.startswith(prefix) or prefix.startswith(folder)
    return begins and (folder > after or after.startswith(folder))
