"""Exports: a stretch of some cameras as MP4 files that can be carried away and checked elsewhere.

Each segment is fetched whole and verified by its row's digest first. What expired, is damaged or
was never recorded is told as a gap in the manifest, and costs nothing of the rest.
"""

from __future__ import annotations

import getpass
import secrets
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from edge.clock import to_iso, to_ms, to_utc
from edge.errors import BadMedia, BadSettings, Damaged, ObjectMissing, Retryable
from edge.segment import check_name
from flows.catalogue import read
from flows.catalogue.coverage import State
from flows.catalogue.spans import merged, parted
from flows.media.joined import MOST_BYTES, Joined, Joiner
from flows.site import Site
from flows.stages import manifest
from flows.stages.account import account_of
from flows.store import FOOTAGE

MOST_CAMERAS = 20
MOST_MS = 86_400_000
LONGEST_NAME = 80

_COLUMNS = ("id", "start_utc", "end_utc", "key", "version_id", "size_bytes", "sha256")
# What the account calls footage that is there.
_THERE = {State.RECORDED, State.STAND_IN, State.IMPORTED}

Row = dict[str, Any]
Moved = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be exported, `[start_ms, end_ms)` of each camera; by whom, and under which id."""

    cameras: tuple[str, ...]
    start_ms: int
    end_ms: int
    name: str = ""
    who: str = ""
    id: str = field(default_factory=lambda: secrets.token_hex(8))


class Expected(NamedTuple):
    """What an export of one camera comes to, about."""

    camera: str
    segments: int
    size_bytes: int


class Lost(NamedTuple):
    """A segment that should have been there."""

    start_ms: int
    end_ms: int
    cause: str


def check(wanted: Wanted) -> None:
    """Raise BadSettings for what is no stretch or too much of it, BadName for no camera's name."""
    for camera in wanted.cameras:
        check_name(camera)
    if not 0 < len(set(wanted.cameras)) <= MOST_CAMERAS:
        raise BadSettings(f"an export takes 1 to {MOST_CAMERAS} cameras, not {len(wanted.cameras)}")
    if wanted.end_ms <= wanted.start_ms:
        raise BadSettings("an export ends after it begins")
    if wanted.end_ms - wanted.start_ms > MOST_MS:
        raise BadSettings(
            f"an export takes at most {MOST_MS // 3_600_000} hours",
            hint="Make several, one after the other",
        )


def expected(site: Site, wanted: Wanted) -> list[Expected]:
    """What it would come to; ObjectMissing where there is nothing of any camera."""
    check(wanted)
    found = [_expected(camera, rows, wanted) for camera, rows in _rows(site, wanted).items()]
    if not any(one.segments for one in found):
        raise _nothing(wanted)
    return found


def _expected(camera: str, rows: Sequence[Row], wanted: Wanted) -> Expected:
    shares = (
        (min(row["end_ms"], wanted.end_ms) - max(row["start_ms"], wanted.start_ms))
        / max(row["end_ms"] - row["start_ms"], 1)
        * row["size_bytes"]
        for row in rows
    )
    return Expected(camera, len(rows), round(sum(shares)))


def _rows(site: Site, wanted: Wanted) -> dict[str, list[Row]]:
    return {camera: _stored(site, camera, wanted) for camera in sorted(set(wanted.cameras))}


def _stored(site: Site, camera: str, wanted: Wanted) -> list[Row]:
    span = (wanted.start_ms, wanted.end_ms)
    rows = read.segments(site, camera, *span, columns=_COLUMNS).iter_rows(named=True)
    return [
        {**row, "start_ms": to_ms(row["start_utc"]), "end_ms": to_ms(row["end_utc"])}
        for row in rows
    ]


def _nothing(wanted: Wanted) -> ObjectMissing:
    return ObjectMissing(
        f"there is no footage of {', '.join(sorted(set(wanted.cameras)))} from"
        f" {to_iso(wanted.start_ms)} to {to_iso(wanted.end_ms)}",
        hint="Coverage says why",
    )


def export(
    site: Site,
    wanted: Wanted,
    folder: Path,
    *,
    deliver: Callable[[Path], None] | None = None,
    moved: Moved = lambda _done, _all: None,
    most_bytes: int = MOST_BYTES,
) -> manifest.Manifest:
    """Write the files, `manifest.json` and `SHA256SUMS` into `folder`, which it makes.

    `deliver` is told of each file as soon as it is whole, and may take it away; `moved` of bytes
    read, of how many. Whatever ends it early leaves nothing of it in the folder. Raises
    ObjectMissing where there is nothing to export, BadSettings as `check` does, Retryable.
    """
    total = sum(one.size_bytes for one in expected(site, wanted))
    work = _Work(site, wanted, folder, deliver, moved, total, most_bytes)
    with _working(folder, work):
        _check_room(folder, total, kept=deliver is None, most_bytes=most_bytes)
        cameras = [_camera(work, camera, rows) for camera, rows in _rows(site, wanted).items()]
        if not any(one.files for one in cameras):
            raise _nothing(wanted)
        told = manifest.Manifest(wanted, site.settings.site, site.clock.utc_ms(), tuple(cameras))
        for name, text in told.documents():
            path = folder / name
            path.write_text(text, encoding="utf-8")
            work.give(path)
    return told


@dataclass(slots=True)
class _Work:
    """An export under way."""

    site: Site
    wanted: Wanted
    folder: Path
    deliver: Callable[[Path], None] | None
    moved: Moved
    total: int
    most_bytes: int
    done: int = 0
    made: list[Path] = field(default_factory=list)

    @property
    def scratch(self) -> Path:
        return self.folder / f".livecam-{self.wanted.id}"

    def give(self, path: Path) -> None:
        """Hand a finished file on."""
        self.made.append(path)
        if self.deliver is not None:
            self.deliver(path)

    def read(self, size: int) -> None:
        """Tell that so much more was read."""
        self.done = min(self.done + size, self.total)
        self.moved(self.done, self.total)


@contextmanager
def _working(folder: Path, work: _Work) -> Iterator[None]:
    try:
        work.scratch.mkdir(parents=True)
        yield
    except OSError as error:
        _undo(work)
        raise Retryable(
            f"the export cannot be written: {error.strerror}", path=folder, hint="Is there room?"
        ) from error
    except BaseException:
        _undo(work)
        raise
    finally:
        shutil.rmtree(work.scratch, ignore_errors=True)


def _undo(work: _Work) -> None:
    for path in work.made:
        path.unlink(missing_ok=True)


def _check_room(folder: Path, total: int, *, kept: bool, most_bytes: int) -> None:
    """Before an hour's work: a file is written twice, first its pictures, then with its index."""
    needed = (total if kept else 0) + 2 * min(total, most_bytes)
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise BadSettings(
            f"the export needs {needed / 1e9:.1f} GB here, and {free / 1e9:.1f} GB are free",
            path=folder,
        )


def _camera(work: _Work, camera: str, rows: Sequence[Row]) -> manifest.Camera:
    """Write a camera's files."""
    wanted = work.wanted
    joiner = Joiner(work.scratch, wanted.start_ms, wanted.end_ms, most_bytes=work.most_bytes)
    files: list[manifest.File] = []
    waiting: Joined | None = None  # the first is named when it is known whether there is another
    used: dict[str, Row] = {}
    lost: list[Lost] = []
    try:
        for row in rows:
            ended, why = _add(work, joiner, row)
            if ended is not None:
                if waiting is not None:
                    files.append(_named(work, camera, waiting, len(files) + 1))
                waiting = ended
            if why is None:
                used[row["id"]] = row
            else:
                lost.append(Lost(row["start_ms"], row["end_ms"], why))
        last = joiner.close()
    finally:
        joiner.abandon()
    for one in (waiting, last):
        if one is not None:
            number = len(files) + 1 if files or (waiting and last) else 0
            files.append(_named(work, camera, one, number))
    return manifest.Camera(camera, tuple(files), used, tuple(_gaps(work, camera, used, lost)))


def _add(work: _Work, joiner: Joiner, row: Row) -> tuple[Joined | None, str | None]:
    """Take a segment; a file that ended before it, and why the segment can't be had."""
    path = work.scratch / "segment.mp4"
    where = (FOOTAGE, row["key"], path, row["version_id"] or "")
    try:
        if work.site.store.fetch(*where) != row["sha256"]:
            return None, "damaged"
        return joiner.add(path, row["id"], row["start_ms"]), None
    except ObjectMissing:
        return None, "missing"
    except (Damaged, BadMedia):
        return None, "damaged"
    finally:
        path.unlink(missing_ok=True)
        work.read(row["size_bytes"])


def _named(work: _Work, camera: str, made: Joined, number: int) -> manifest.File:
    stem = f"{camera}_{to_utc(work.wanted.start_ms):%Y%m%d_%H%M%SZ}"
    path = work.folder / f"{stem}{f'-{number}' if number else ''}.mp4"
    if path.exists():
        raise BadSettings("there is such a file already", path=path)
    made.path.rename(path)
    work.give(path)
    return manifest.File(path.name, made)


def _gaps(
    work: _Work, camera: str, used: dict[str, Row], lost: Sequence[Lost]
) -> Iterator[manifest.Gap]:
    """What of the stretch is in no file, and why, in order."""
    wanted = work.wanted
    there = merged((row["start_ms"], row["end_ms"]) for row in used.values())
    free = parted([(wanted.start_ms, wanted.end_ms)], there)[1]
    for one in account_of(work.site, camera, wanted.start_ms, wanted.end_ms):
        for start_ms, end_ms in parted(merged([(one.start_ms, one.end_ms)]), free)[0]:
            if one.state not in _THERE:
                yield manifest.Gap(start_ms, end_ms, one.cause or str(one.state))
                continue
            own = [why for why in lost if why.start_ms < end_ms and start_ms < why.end_ms]
            yield manifest.Gap(start_ms, end_ms, own[0].cause if own else "set_aside")


def who_runs() -> str:
    """Whoever gives a command on this machine, as manifests and deeds name them."""
    try:
        return f"cli:{getpass.getuser()}"
    except (OSError, KeyError):
        return "cli:unknown"
