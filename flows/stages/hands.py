"""Several segments in hand at once: by threads of this process, and named where a kill is seen.

Decoding, OpenCV and ONNX Runtime let go of the interpreter's lock, so that threads share a
machine's cores without a copy of libraries and model for each.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Lock, Thread
from typing import TypeVar

T = TypeVar("T")


class Stopped(BaseException):
    """Another thread's work failed, or somebody asked for the end."""


class Marks:
    """Names the segments in hand in one file, which stays where the process is killed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock, self._in_hand = Lock(), dict[str, None]()

    @contextmanager
    def of(self, segment_id: str) -> Iterator[None]:
        """Take it in hand, and out of it again."""
        self._change(lambda: self._in_hand.setdefault(segment_id))
        try:
            yield
        finally:
            self._change(lambda: self._in_hand.pop(segment_id))

    def left(self) -> list[str]:
        """What was in hand when the last process died."""
        return self.path.read_text().split() if self.path.exists() else []

    def clear(self) -> None:
        """Forget those."""
        self.path.unlink(missing_ok=True)

    def _change(self, change: Callable[[], object]) -> None:
        with self._lock:
            change()
            if not self._in_hand:
                self.clear()
                return
            self.path.parent.mkdir(parents=True, exist_ok=True)
            # By another name first: a kill in mid-write would forget them all.
            new = self.path.with_name(f".{self.path.name}.new")
            new.write_text("\n".join(self._in_hand))
            new.replace(self.path)


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0))


def share(rows: Sequence[T], work: Callable[[T], None], threads: int, stop: Event) -> None:
    """Do the work for each, begun in order, by so many threads at most; this is one of them.

    What it raises in any of them ends all: `stop` is set, nothing more is begun, and once what is
    in hand has ended, by itself or by `stop`, the first that was raised is raised here.
    """
    rest, lock = iter(rows), Lock()
    raised, helpers = list[BaseException](), list[Thread]()

    def next_row() -> T | None:
        with lock:
            return None if stop.is_set() else next(rest, None)

    def take() -> None:
        try:
            while (row := next_row()) is not None:
                work(row)
        except BaseException as error:  # noqa: BLE001  raised where somebody waits for it
            raised.append(error)
            stop.set()

    try:
        for _ in range(min(threads, len(rows)) - 1):
            helpers.append(Thread(target=take))
            helpers[-1].start()
        take()
        _join(helpers)
    except BaseException:
        stop.set()  # interrupted while waiting for the others
        raise
    finally:
        _join(helpers)
    if raised:
        raise raised[0]


def _join(helpers: list[Thread]) -> None:
    for one in helpers:
        one.join()
