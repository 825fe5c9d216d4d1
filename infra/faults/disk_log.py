"""A log of what a program does to the files below a folder: writes, names, and what it syncs."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from infra.faults.seam import replaced

CHANGES = os.O_WRONLY | os.O_RDWR


class Kind(StrEnum):
    """What was done. The last two make durable what came before them."""

    WRITE = "write"
    RESIZE = "resize"
    LINK = "link"  # a new name, of a new file or of one that has another
    UNLINK = "unlink"
    RENAME = "rename"
    SYNC = "sync"
    SYNC_FOLDER = "sync_folder"


@dataclass(frozen=True, slots=True)
class Op:
    """One operation at a moment (UTC ms); names are relative to the folder that is logged."""

    at_ms: int
    kind: Kind
    inode: int = 0
    name: str = ""  # given, taken away, renamed to; or of the folder that was synced
    old: str = ""  # what a rename takes away
    offset: int = 0  # of a write; what a file is resized to
    data: bytes = b""

    @property
    def folders(self) -> set[str]:
        """Those whose entries it changes."""
        return {name.rpartition("/")[0] for name in (self.name, self.old) if name}


@dataclass(slots=True)
class Log:
    """Operations in order, and what was there, durably, before the first."""

    root: Path
    names: dict[str, int] = field(default_factory=dict)
    contents: dict[int, bytes] = field(default_factory=dict)
    ops: list[Op] = field(default_factory=list)


@contextmanager
def logged(root: Path) -> Iterator[Log]:
    """Log all that is done below `root` by this process while the block runs."""
    log = Log(root)
    known: dict[int, int] = {}
    for path in sorted(p for p in root.rglob("*") if p.is_file()):
        inode = known.setdefault(path.stat().st_ino, len(known) + 1)
        log.names[str(path.relative_to(root))] = inode
        log.contents[inode] = path.read_bytes()
    recorder = _Recorder(log)
    with replaced(**recorder.functions()):
        yield log


class _Recorder:
    """Stands before `os`: does what it is asked to, then writes it down. One at a time."""

    def __init__(self, log: Log) -> None:
        self._log, self._root = log, str(log.root) + os.sep
        self._names = dict(log.names)
        self._next = max(log.contents, default=0) + 1
        self._files: dict[int, tuple[int, int]] = {}  # by handle: inode, position
        self._folders: dict[int, str] = {}
        self._lock = threading.RLock()
        self._real = {name: getattr(os, name) for name in (*_WRAPPED, "replace", "remove")}

    def functions(self) -> dict[str, Callable[..., Any]]:
        named = {name: self._locked(name, getattr(self, f"_{name}")) for name in _WRAPPED}
        return {**named, "replace": named["rename"], "remove": named["unlink"]}

    def _locked(self, name: str, note: Callable[..., None]) -> Callable[..., Any]:
        real = self._real[name]

        def act(*args: Any, **kwargs: Any) -> Any:
            with self._lock:
                # What is new can be told only before it is done.
                before = self._relative(args[0]) in self._names if name == "open" else False
                answer = real(*args, **kwargs)
                note(before, answer, *args) if name == "open" else note(answer, *args)
                return answer

        return act

    def _relative(self, path: Any) -> str | None:
        text = os.fspath(path) if not isinstance(path, int) else ""
        return text.removeprefix(self._root) if text.startswith(self._root) else None

    def _add(self, kind: Kind, **facts: Any) -> None:
        self._log.ops.append(Op(time.time_ns() // 1_000_000, kind, **facts))

    def _open(self, known: bool, handle: int, path: Any, flags: int, *_: Any) -> None:
        name = self._relative(path)
        if name is None:
            return
        if flags & os.O_DIRECTORY:
            self._folders[handle] = name
            return
        if not known:
            self._names[name] = self._next
            self._next += 1
            self._add(Kind.LINK, inode=self._names[name], name=name)
        elif flags & os.O_TRUNC:
            self._add(Kind.RESIZE, inode=self._names[name])
        self._files[handle] = (self._names[name], 0)

    def _close(self, _: None, handle: int) -> None:
        self._files.pop(handle, None)
        self._folders.pop(handle, None)

    def _write(self, count: int, handle: int, data: Any) -> None:
        if handle in self._files:
            inode, at = self._files[handle]
            self._add(Kind.WRITE, inode=inode, offset=at, data=bytes(data[:count]))
            self._files[handle] = (inode, at + count)

    def _fsync(self, _: None, handle: int) -> None:
        if handle in self._files:
            self._add(Kind.SYNC, inode=self._files[handle][0])
        elif handle in self._folders:
            self._add(Kind.SYNC_FOLDER, name=self._folders[handle])

    _fdatasync = _fsync

    def _ftruncate(self, _: None, handle: int, size: int) -> None:
        if handle in self._files:
            self._add(Kind.RESIZE, inode=self._files[handle][0], offset=size)

    def _truncate(self, _: None, path: Any, size: int) -> None:
        name = self._relative(path)
        if name is not None:
            self._add(Kind.RESIZE, inode=self._names[name], offset=size)

    def _posix_fallocate(self, _: None, handle: int, *__: int) -> None:
        if handle in self._files:
            inode = self._files[handle][0]
            self._add(Kind.RESIZE, inode=inode, offset=os.fstat(handle).st_size)

    def _rename(self, _: None, source: Any, target: Any) -> None:
        old, new = self._relative(source), self._relative(target)
        if old is not None and new is not None:
            self._names[new] = self._names.pop(old)
            self._add(Kind.RENAME, inode=self._names[new], name=new, old=old)

    def _link(self, _: None, source: Any, target: Any) -> None:
        old, new = self._relative(source), self._relative(target)
        if old is not None and new is not None:
            self._names[new] = self._names[old]
            self._add(Kind.LINK, inode=self._names[new], name=new)

    def _unlink(self, _: None, path: Any) -> None:
        name = self._relative(path)
        if name is not None:
            self._add(Kind.UNLINK, inode=self._names.pop(name), name=name)


_WRAPPED = (
    *("open", "close", "write", "fsync", "fdatasync", "ftruncate", "truncate"),
    *("posix_fallocate", "rename", "link", "unlink"),
)
