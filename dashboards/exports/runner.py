"""One export at a time, in a thread of the gateway; what a restart broke off begins anew."""

from __future__ import annotations

import logging
import shutil
import threading
import zlib
from pathlib import Path

from dashboards.exports.book import STEP, Book, Export, Kept
from edge.errors import LivecamError, MissingPart, ObjectMissing, Retryable
from flows.locks import locked
from flows.site import Following, Site
from flows.stages.export import export
from flows.stages.manifest import MANIFEST, SUMS, Manifest
from flows.store import EXPORTS, LIVECAM
from flows.store.files import digest

MOST_ATTEMPTS = 3
MOST_DEATHS = 10  # of the gateway while it made one
PAUSE_S = 20.0  # before what failed for a while is tried again
_TYPES = {".mp4": "video/mp4", ".json": "application/json"}

log = logging.getLogger(__name__)


def folder(export_id: str) -> str:
    """Under which prefix of the livecam bucket an export's files lie."""
    return f"{EXPORTS}{export_id}/"


def content_type(name: str) -> str:
    """What a browser is told that a file is."""
    return _TYPES.get(Path(name).suffix, "text/plain")


class Runner:
    """Works through the book while there is something in it."""

    def __init__(self, following: Following, book: Book, pause_s: float = PAUSE_S) -> None:
        self._following, self._book, self._pause_s = following, book, pause_s
        self._lock, self._ended = threading.Lock(), threading.Event()
        self._thread: threading.Thread | None = None

    def wake(self) -> None:
        """See to it that somebody works; harmless to repeat."""
        with self._lock:
            if self._thread is None:
                # The process need not wait for it: what it leaves half done begins anew.
                self._thread = threading.Thread(target=self._run, name="exports", daemon=True)
                self._thread.start()

    def stop(self) -> None:
        """End at the next step; what was in hand stays queued."""
        self._ended.set()
        thread = self._thread
        if thread is not None:
            thread.join()

    def _run(self) -> None:
        while not self._ended.is_set():
            try:
                self._work()
            except LivecamError as error:  # the book itself: whoever looks is told as well
                log.warning("exports wait: %s", error)
                self._ended.wait(self._pause_s)
            with self._lock:
                if self._ended.is_set() or not self._waiting():
                    self._thread = None
                    return

    def _waiting(self) -> bool:
        try:
            return self._book.waiting()
        except Retryable:
            return True

    def _work(self) -> None:
        # Another gateway of this home may be at it: one at a time, whoever it is.
        with locked(self._following.now.home.locks / "exports.lock"):
            while not self._ended.is_set() and (taken := self._book.take()) is not None:
                self._one(self._following.now, taken)

    def _one(self, site: Site, taken: Export) -> None:
        work = site.home.scratch / f"export-{taken.id}"
        try:
            if taken.attempts > MOST_DEATHS:
                raise MissingPart(f"it was begun {MOST_DEATHS} times, and never ended")
            clear(site, taken.id)
            files, told = self._made(site, taken, work)
            self._book.done(taken, files, missing(told))
        except Exception as error:  # noqa: BLE001  an export that fails takes no other with it
            self._fail(site, taken, error)
        finally:
            shutil.rmtree(work, ignore_errors=True)

    def _made(self, site: Site, taken: Export, work: Path) -> tuple[list[Kept], Manifest]:
        files: list[Kept] = []
        reached = 0.0

        def moved(done: int, total: int) -> None:
            nonlocal reached
            if self._ended.is_set():
                raise Stopped("the gateway ends")
            progress = done / max(total, 1)
            if progress >= reached + STEP:
                reached = progress
                self._book.moved(taken, min(progress, 0.99))

        def deliver(path: Path) -> None:
            files.append(_delivered(site, taken, path))
            path.unlink()

        told = export(site, taken.wanted, work, deliver=deliver, moved=moved)
        return [_known(file, told) for file in files], told

    def _fail(self, site: Site, taken: Export, error: Exception) -> None:
        again = isinstance(error, Stopped) or (
            isinstance(error, Retryable) and taken.attempts < MOST_ATTEMPTS
        )
        if not isinstance(error, LivecamError):
            log.error("export %s failed", taken.id, exc_info=error)
        told = str(error) if isinstance(error, LivecamError) else "the gateway's log says why"
        try:
            self._book.failed(taken, told, again=again)
            clear(site, taken.id)
        except ObjectMissing:
            clear(site, taken.id)  # it was removed meanwhile, and that is how it ends
        if again:
            self._ended.wait(self._pause_s)


class Stopped(Retryable):
    """The gateway ends, and goes on when it is there again."""


def clear(site: Site, export_id: str) -> None:
    """Delete what is in the bucket of an export; harmless to repeat."""
    found = site.store.versions(LIVECAM, folder(export_id))
    site.store.delete(LIVECAM, [(one.key, one.version_id) for one in found])


def missing(told: Manifest) -> dict[str, int]:
    """Of each camera that lacks some, how much of the stretch is in no file (ms)."""
    sums = {one.name: sum(gap.end_ms - gap.start_ms for gap in one.gaps) for one in told.cameras}
    return {camera: ms for camera, ms in sums.items() if ms}


def _delivered(site: Site, taken: Export, path: Path) -> Kept:
    sha256, key = digest(path), folder(taken.id) + path.name
    site.store.create(LIVECAM, key, path, sha256=sha256, content_type=content_type(path.name))
    crc32 = zlib.crc32(path.read_bytes()) if path.name in (MANIFEST, SUMS) else 0
    return Kept(path.name, path.stat().st_size, sha256, crc32)


def _known(file: Kept, told: Manifest) -> Kept:
    """The same with what its manifest says of it."""
    for camera in told.cameras:
        for one in camera.files:
            if one.name == file.name:
                made = one.made
                return Kept(
                    file.name,
                    file.size_bytes,
                    file.sha256,
                    made.crc32,
                    camera.name,
                    made.first_ms,
                    made.last_ms,
                )
    return file
