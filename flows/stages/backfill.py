"""One model over the archive: part by part, resumable, by as many machines as take part.

What is left is read from the tables each time, so that a run that is lost costs what it had not
told yet. Parts are a camera's hour, each under a lease, so that nobody looks twice; should two do
so all the same, the first result stays (C2).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

import polars as pl

from edge.clock import to_utc
from flows.catalogue.fold import fold
from flows.catalogue.opened import collect, day_of, opened, touched
from flows.catalogue.schema import SEGMENTS, Status
from flows.site import Site
from flows.stages import leases
from flows.stages.analyse import BATCH, BESIDE, Analysed, Work, portions, threads_of
from flows.stages.waiting import COLUMNS, Row, unanalysed
from flows.vision.detector import Detector

# Small enough that who comes last is not awaited for long, and a commit's worth.
PART_MS = 3_600_000
# Nobody waits for more than the first: how many are looked at before something is told.
FIRST = 4
# How long to wait for others who are at what is left: they may be done soon, or take an hour.
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 5.0


@dataclass(frozen=True, slots=True)
class Stretch:
    """What of the archive is to be looked at, in which order, and at which share of the time."""

    start_ms: int | None = None
    end_ms: int | None = None
    cameras: tuple[str, ...] = ()  # none: all
    newest_first: bool = True
    rate: float = 1.0  # 0.5: after each segment, as long a rest as it took
    arrived_ms: int | None = None  # what arrived before; else it would run after what is recorded


class Part(NamedTuple):
    """A camera's footage of PART_MS that waits, in whole or in part."""

    camera: str
    start_ms: int
    segments: int


@dataclass(slots=True)
class Backfilled(Analysed):
    """What one run did of `waiting` segments since `began_ms` (monotonic)."""

    waiting: int = 0
    began_ms: int = 0

    def left_s(self, now_ms: int) -> float | None:
        """How long the rest takes at the pace so far, in s; None before there is one."""
        if not self.over:
            return None
        rest = max(self.waiting - self.over, 0)
        return rest * (now_ms - self.began_ms) / self.over / 1_000

    @property
    def over(self) -> int:
        """How many segments are done with, one way or the other."""
        return self.segments + len(self.set_aside)


def backfill(
    site: Site,
    run_id: str,
    detector: Detector,
    stretch: Stretch,
    *,
    stay: bool = True,
    threads: int | None = None,
    go_on: Callable[[], bool] = lambda: True,
    progress: Callable[[Backfilled], None] = lambda _: None,
) -> Backfilled:
    """Let a model look at what of a stretch it has not seen yet, until nothing is left.

    `go_on` is asked before each commit's worth of work. Where others are at all that is left it
    waits for them, or with `stay` false ends. Safe beside itself and beside `analyse`. What fails
    is tried again, and then set aside for this model alone. `threads` segments are in hand at once,
    by default as the settings say. Raises the store's Retryable failures.
    """
    parts = plan(site, detector, stretch)
    waiting = sum(part.segments for part in parts)
    done = Backfilled(waiting=waiting, began_ms=site.clock.monotonic_ms())
    progress(done)
    hands = threads or threads_of(site)
    run = _Run(site, run_id, detector, stretch, hands, done, go_on, progress)
    pause_s = FIRST_PAUSE_S
    while parts and go_on():
        took = [run.part(part) for part in parts if go_on()]
        if any(took):
            pause_s = FIRST_PAUSE_S
        elif not stay:
            break
        else:
            site.clock.sleep(pause_s)
            pause_s = min(2 * pause_s, LONGEST_PAUSE_S)
        parts = plan(site, detector, stretch)
        done.waiting = done.over + sum(part.segments for part in parts)
    return done


def plan(site: Site, detector: Detector, stretch: Stretch) -> list[Part]:
    """The parts that wait, in the order in which they are to be taken."""
    given_up = Work(site, "", detector, Analysed(), stage=BESIDE).given_up
    counted: dict[tuple[int, str], int] = {}
    for found in _days(site, stretch):
        left = unanalysed(site, found, detector).filter(~pl.col("id").is_in(given_up))
        start = pl.col("start_utc").dt.epoch("ms") // PART_MS * PART_MS
        for start_ms, camera, number in left.group_by(start, "camera").len().iter_rows():
            counted[start_ms, camera] = counted.get((start_ms, camera), 0) + number
    ordered = sorted(counted, reverse=stretch.newest_first)
    return [Part(camera, start_ms, counted[start_ms, camera]) for start_ms, camera in ordered]


def _days(site: Site, stretch: Stretch) -> Iterator[pl.DataFrame]:
    """What of the stretch is stored, a day at a time: a year of a site is too much at once."""
    files = opened(site.store, SEGMENTS).files(site.store)
    uris = sorted(touched(files, SEGMENTS, stretch.start_ms, stretch.end_ms), key=day_of)
    for _, own in groupby(uris, key=day_of):
        yield _stored(site, stretch, list(own))


def _stored(site: Site, stretch: Stretch, uris: list[str]) -> pl.DataFrame:
    """By when they start: so each segment is of one part."""
    where = pl.col("status") == str(Status.STORED)
    if stretch.start_ms is not None:
        where &= pl.col("start_utc") >= to_utc(stretch.start_ms)
    if stretch.end_ms is not None:
        where &= pl.col("start_utc") < to_utc(stretch.end_ms)
    if stretch.arrived_ms is not None:
        where &= pl.col("received_utc") < to_utc(stretch.arrived_ms)
    cameras = stretch.cameras or None
    return collect(site.store, SEGMENTS, uris, cameras=cameras, where=where, columns=COLUMNS)


@dataclass(frozen=True, slots=True)
class _Run:
    site: Site
    run_id: str
    detector: Detector
    stretch: Stretch
    threads: int
    done: Backfilled
    go_on: Callable[[], bool]
    progress: Callable[[Backfilled], None]

    def part(self, part: Part) -> bool:
        """Look at a part to its end; whether it was ours to look at."""
        with leases.taken(self.site, part_name(self.detector, part)) as lease:
            if lease is None:
                return False
            fold(self.site)  # whoever was at it before may have died between telling and this
            work = self._work(part)
            rows = _rows(self.site, self.detector, self.stretch, part, work.given_up)
            for portion in portions(rows, BATCH if self.done.over else FIRST):
                if lease.lost.is_set() or not self.go_on():
                    break
                work.batch(portion)
                self.progress(self.done)
        return True

    def _work(self, part: Part) -> Work:
        work = Work(
            self.site,
            self.run_id,
            self.detector,
            self.done,
            stage=BESIDE,
            part=f"/{part.camera}-{part.start_ms}",
            threads=self.threads,
            pace=_pace(self.site, self.stretch.rate),
        )
        work.bury()
        return work


def part_name(detector: Detector, part: Part) -> str:
    """What the part's leases are kept under."""
    return f"{detector.digest[:16]}/{part.camera}/{part.start_ms}"


def _rows(
    site: Site, detector: Detector, stretch: Stretch, part: Part, given_up: Collection[str]
) -> list[Row]:
    """What waits of a part, as the tables tell now that it is ours."""
    first, end = part.start_ms, part.start_ms + PART_MS
    start_ms = first if stretch.start_ms is None else max(first, stretch.start_ms)
    end_ms = end if stretch.end_ms is None else min(end, stretch.end_ms)
    own = Stretch(start_ms, end_ms, (part.camera,), arrived_ms=stretch.arrived_ms)
    rows = [
        row
        for found in _days(site, own)
        for row in unanalysed(site, found, detector).iter_rows(named=True)
        if row["id"] not in given_up
    ]
    return sorted(rows, key=itemgetter("start_utc", "id"), reverse=stretch.newest_first)


def _pace(site: Site, rate: float) -> Callable[[int], None]:
    """Rest after each segment, so that a thread takes no more than that share of the time."""
    return lambda took_ms: site.clock.sleep(took_ms * (1 / rate - 1) / 1_000)
