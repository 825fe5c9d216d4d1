"""Crashes at a chosen file operation: the code is real, and so are the files it leaves."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_WRITES = os.O_WRONLY | os.O_RDWR
_MOVES = frozenset({"os.rename", "os.link", "os.remove", "os.truncate"})


class Crash(BaseException):
    """The machine stops here; nothing may catch this."""


class _Countdown:
    def __init__(self) -> None:
        self.root = ""
        self.left: int | None = None
        self.seen = 0

    def __call__(self, event: str, args: tuple[Any, ...]) -> None:
        if not self.root or not self._changes(event, args):
            return
        self.seen += 1
        if self.left is not None and self.seen > self.left:
            raise Crash(event)

    def _changes(self, event: str, args: tuple[Any, ...]) -> bool:
        if event == "open":
            path, _, flags = args
            return str(path).startswith(self.root) and bool(flags & _WRITES)
        return event in _MOVES and any(str(a).startswith(self.root) for a in args)


_countdown = _Countdown()
_hooked: list[bool] = []


@contextmanager
def after(operations: int | None, root: Path) -> Iterator[_Countdown]:
    """Raise Crash at the operation under `root` that follows this many; None only counts."""
    if not _hooked:
        sys.addaudithook(_countdown)  # there is no taking it back, so it is one for all
        _hooked.append(True)
    _countdown.root, _countdown.left, _countdown.seen = str(root), operations, 0
    try:
        yield _countdown
    finally:
        _countdown.root = ""


def crashes(operations: int, root: Path, act: Callable[[], object]) -> bool:
    """Run `act` and say whether it got as far as the crash."""
    try:
        with after(operations, root):
            act()
    except Crash:
        return True
    return False
