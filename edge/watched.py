"""A file that people edit while a program reads it."""

from __future__ import annotations

from pathlib import Path

Stamp = tuple[int, int, int, int]


class WatchedFile:
    """Says when a file is another one than before: asked once a second, it costs one stat.

    Editors write in steps, so a change counts once the file looked the same twice in a row.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._taken = self._before = self._stamp()

    def changed(self, *, now: bool = False) -> bool:
        """Whether there is a change to be read, told once for each; `now`: do not wait for rest."""
        stamp = self._stamp()
        rests, self._before = stamp == self._before, stamp
        if now or (rests and stamp != self._taken):
            self._taken = stamp
            return True
        return False

    def _stamp(self) -> Stamp | None:
        try:
            found = self._path.stat()
        except OSError:  # gone, or about to be replaced
            return None
        return found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns
