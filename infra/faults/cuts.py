"""What a disk may hold after the power went, by a log of what was done to it.

What was synced is there. Of the rest each may be: of a file's unsynced writes any, block by
block, with any of the sizes it had; of a folder's unsynced names a first part (`ordered`, as a
journal keeps them) or any (`loose`, which is all that POSIX promises). A rename is whole or not.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import compress
from pathlib import Path

from infra.faults.disk_log import Kind, Log, Op

BLOCK = 4096
_NAMING = {Kind.LINK, Kind.UNLINK, Kind.RENAME}


@dataclass(frozen=True, slots=True)
class State:
    """Files by name, and what they hold; two names of one inode are one file."""

    names: dict[str, int]
    contents: dict[int, bytes]

    def write(self, root: Path) -> None:
        """Lay it out in a folder."""
        first: dict[int, Path] = {}
        for name, inode in self.names.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if inode in first:
                os.link(first[inode], path)
            else:
                first[inode] = path
                path.write_bytes(self.contents[inode])


@dataclass(slots=True)
class Moment:
    """The disk just before one operation: what it must hold, and what it may."""

    versions: dict[int, list[bytes]]  # each file's since it was synced, the synced one first
    base: dict[str, int]
    naming: list[Op] = field(default_factory=list)
    synced: list[bool] = field(default_factory=list)  # of each in `naming`

    @property
    def last_synced(self) -> int:
        """How many of `naming` a journal must have kept."""
        return max((n + 1 for n, synced in enumerate(self.synced) if synced), default=0)


def moments(log: Log) -> Iterator[Moment]:
    """The disk before each operation, and after the last."""
    now = Moment({i: [data] for i, data in log.contents.items()}, dict(log.names))
    yield now
    for op in log.ops:
        _apply(now, op)
        yield now


def _apply(now: Moment, op: Op) -> None:
    if op.kind in _NAMING:
        now.naming.append(op)
        now.synced.append(False)
        now.versions.setdefault(op.inode, [b""])
    elif op.kind is Kind.SYNC:
        del now.versions[op.inode][:-1]
    elif op.kind is Kind.SYNC_FOLDER:
        for number, named in enumerate(now.naming):
            now.synced[number] |= op.name in named.folders
        _settle(now)
    else:
        now.versions[op.inode].append(_changed(now.versions[op.inode][-1], op))


def _settle(now: Moment) -> None:
    """What is durable, and follows nothing that is not, needs no further thought."""
    done = now.synced.index(False) if False in now.synced else len(now.synced)
    _name(now.base, now.naming[:done])
    del now.naming[:done], now.synced[:done]


def _changed(data: bytes, op: Op) -> bytes:
    if op.kind is Kind.RESIZE:
        return data[: op.offset].ljust(op.offset, b"\0")
    return data[: op.offset].ljust(op.offset, b"\0") + op.data + data[op.offset + len(op.data) :]


def whole(now: Moment) -> State:
    """All that was done reached the disk: what a program sees that reads it now."""
    return _state(now, [True] * len(now.naming), {i: v[-1] for i, v in now.versions.items()})


def states(now: Moment, chance: random.Random, count: int) -> Iterator[State]:
    """Everything there, nothing that need not be, and at random between: `count` in all."""
    yield whole(now)
    yield _state(now, now.synced, {i: v[0] for i, v in now.versions.items()})
    if all(now.synced) and all(len(v) == 1 for v in now.versions.values()):
        return
    for number in range(count - 2):
        names = _loose(now, chance) if number % 2 else _ordered(now, chance)
        yield _state(now, names, {i: _mixed(v, chance) for i, v in now.versions.items()})


def _ordered(now: Moment, chance: random.Random) -> list[bool]:
    kept = chance.randint(now.last_synced, len(now.naming))
    return [number < kept for number in range(len(now.naming))]


def _loose(now: Moment, chance: random.Random) -> list[bool]:
    return [synced or chance.random() < 0.5 for synced in now.synced]


def _mixed(versions: list[bytes], chance: random.Random) -> bytes:
    """One of the sizes a file had, and of each block one of the contents it had."""
    if len(versions) == 1:
        return versions[0]
    size = len(chance.choice(versions))
    how = chance.random()
    if how < 0.2:
        return versions[0][:size].ljust(size, b"\0")  # the size alone came through
    if how < 0.4:
        return chance.choice(versions)
    blocks = (chance.choice(versions)[at : at + BLOCK] for at in range(0, size, BLOCK))
    return b"".join(block.ljust(BLOCK, b"\0") for block in blocks)[:size]


def _state(now: Moment, kept: list[bool], contents: dict[int, bytes]) -> State:
    names = dict(now.base)
    _name(names, compress(now.naming, kept))
    return State(names, {inode: contents[inode] for inode in set(names.values())})


def _name(names: dict[str, int], ops: Iterable[Op]) -> None:
    for op in ops:
        names.pop(op.old or op.name, None)
        if op.kind is not Kind.UNLINK:
            names[op.name] = op.inode
