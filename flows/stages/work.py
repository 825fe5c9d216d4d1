"""One model at segments: each fetched, looked at, journalled and folded; what fails is counted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import Any

import polars as pl

from edge.clock import to_day
from edge.errors import Damaged, LivecamError, ObjectMissing, Retryable
from edge.segment import SegmentName
from flows.catalogue import derived, findings, journal, read
from flows.catalogue.fold import fold
from flows.catalogue.journal import Fact, Kind
from flows.media.keep import keep
from flows.settings import DetectSettings
from flows.site import Site
from flows.stages.hands import Marks, Stopped, share
from flows.stages.lineage import lineage
from flows.stages.waiting import Row
from flows.store import FOOTAGE, LIVECAM
from flows.vision.analysis import NOTHING, Analysis
from flows.vision.analysis import analyse as look
from flows.vision.detector import Detector
from flows.vision.motion import Eye

STAGE = "analyse"
# What fails for another model than the camera's own sets no footage aside.
BESIDE = "backfill"
TRIES = 3
# Beside other work a process dies for reasons that are not its segment's.
DEATHS = 5


@dataclass(slots=True)
class Analysed:
    """What one run did; `failed` counts tries, `set_aside` names who had the last of theirs.

    `missing` says which models could not be had, and why; `waiting`, how many segments there were
    to do; `stopped`, that some of those were left.
    """

    segments: int = 0
    failed: int = 0
    set_aside: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    waiting: int = 0
    stopped: bool = False


class Work:
    """One model's over segments: what comes of each batch is journalled and folded.

    `pace` is told how long each segment took, in ms, and may hold the next one up. `threads`
    segments are in hand at once, and come to the same as one after the other.
    """

    def __init__(
        self,
        site: Site,
        run_id: str,
        detector: Detector,
        done: Analysed,
        *,
        stage: str = STAGE,
        part: str = "",
        threads: int = 1,
        pace: Callable[[int], None] = lambda _: None,
    ) -> None:
        self._site, self._run_id, self._detector, self._done = site, run_id, detector, done
        self._stage, self._pace, self._threads = stage, pace, threads
        self._suffix = "" if stage == STAGE else f"/{detector.digest[:16]}"
        self._told = _told(site, stage, self._suffix)
        # What kills the process costs whatever was in hand a try as well.
        mark = "analysing" if stage == STAGE else f"{stage}{self._suffix}{part}".replace("/", "-")
        self._marks = Marks(site.home.run / mark)

    @property
    def again(self) -> list[str]:
        """Segments that failed before, or were put back."""
        return [one for one, row in self._told.items() if row["state"] in {"failing", "replayed"}]

    @property
    def given_up(self) -> list[str]:
        """Segments that had the last of their tries."""
        return [one for one, row in self._told.items() if row["state"] == "set_aside"]

    def batch(self, rows: list[Row]) -> None:
        """Analyse some, then journal and fold what came of it, also when stopped half way."""
        came: dict[str, Fact | str] = {}
        stop = Event()

        def work(row: Row) -> None:
            began = self._site.clock.monotonic_ms()
            came[row["id"]] = self._one(row, stop)
            self._pace(self._site.clock.monotonic_ms() - began)

        try:
            # What failed is tried again by itself: should it kill, nobody beside it pays a try.
            share([row for row in rows if row["id"] in self._told], work, 1, stop)
            fresh = [row for row in rows if row["id"] not in self._told]
            share(fresh, work, self._threads, stop)
        finally:
            # In the order of the rows, whichever was done first.
            self._came([(row["id"], came[row["id"]]) for row in rows if row["id"] in came])

    def _one(self, row: Row, stop: Event) -> Fact | str:
        """What was found, or why nothing can be."""
        try:
            return self._result(row, stop)
        except Retryable:
            raise
        except LivecamError as error:
            return error.message
        except Exception as error:  # noqa: BLE001  whatever a poisoned file provokes is its own
            return f"{type(error).__name__}: {error}"

    def _came(self, came: list[tuple[str, Fact | str]]) -> None:
        results = [what for _, what in came if not isinstance(what, str)]
        failures = [self._failure(one, what) for one, what in came if isinstance(what, str)]
        failures += [
            self._failure(one, "analysed at last", state="resolved")
            for one, what in came
            if one in self._told and not isinstance(what, str)
        ]
        self._tell(results, failures)

    def _result(self, row: Row, stop: Event) -> Fact:
        detect = self._site.settings.detect_for(row["camera"])
        # Nobody comes or goes where nothing moves: it is not even fetched.
        found = NOTHING if row["still"] else self._looked(row, detect, stop)
        key = findings.thumbnail_key(row["id"]) if found.thumbnail else None
        if key:
            sheets = {derived.sprites_key(row["id"], n): s for n, s in enumerate(found.sprites)}
            keep(self._site.store, row, {key: found.thumbnail, **sheets})
        return findings.result(
            found,
            segment_id=row["id"],
            wall_ms=row["wall_ms"],
            lineage=lineage(self._detector, detect, self._run_id),
            confidence=detect.least,
            thumbnail_key=key,
            analysed_ms=self._site.clock.utc_ms(),
            zones=detect.places.to_json(),
        )

    def _looked(self, row: Row, detect: DetectSettings, stop: Event) -> Analysis:
        motion = detect.motion
        eye = Eye(sensitivity=motion.sensitivity, min_area=motion.min_area, masks=detect.masks)

        def go_on(_: float) -> None:
            if stop.is_set():
                raise Stopped

        with self._marks.of(row["id"]), self._fetched(row) as path:
            asked = (path, self._detector, detect.wanted, eye, go_on)
            return look(*asked, sprites=not self._scrubbed(row["id"]))

    def _scrubbed(self, segment_id: str) -> bool:
        """Whether its sprite sheets are there, from another model's analysis or a visitor."""
        try:
            self._site.store.head(LIVECAM, derived.sprites_key(segment_id, 0))
        except ObjectMissing:
            return False
        return True

    @contextmanager
    def _fetched(self, row: Row) -> Iterator[Path]:
        """The segment's pinned version as a local file, its digest verified (C1)."""
        folder = self._site.home.scratch
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{self._marks.path.name}-{row['id']}.mp4"
        try:
            digest = self._site.store.fetch(FOOTAGE, row["key"], path, row["version_id"])
            if digest != row["sha256"]:
                raise Damaged("the object's bytes do not match the row's SHA-256", key=row["key"])
            yield path
        finally:
            path.unlink(missing_ok=True)

    def _failure(
        self, segment_id: str, reason: str, state: str = "", most: int = TRIES
    ) -> dict[str, Any]:
        before = self._told.get(segment_id)
        tries = 1 + (before["attempts"] if before and before["state"] == "failing" else 0)
        if not state:
            state = "set_aside" if tries >= most else "failing"
            self._done.failed += 1
        if state == "set_aside":
            self._done.set_aside.append(segment_id)
        name = SegmentName.from_file(segment_id + ".mp4")
        return {
            "stage": self._stage,
            "subject": segment_id + self._suffix,
            "camera": name.camera,
            "key": name.key,
            "reason": reason,
            "attempts": tries,
            "at_ms": self._site.clock.utc_ms(),
            "state": state,
            "day": to_day(name.start_ms),
        }

    def bury(self) -> None:
        """Count a try for each segment that was in hand when the last process died."""
        left = self._marks.left()
        if not left:
            return
        most = TRIES if self._stage == STAGE else DEATHS
        reason = "the process that analysed it was killed"
        self._tell([], [self._failure(one, reason, most=most) for one in left])
        self._marks.clear()
        self._told = _told(self._site, self._stage, self._suffix)

    def _tell(self, results: Sequence[Fact], failures: Sequence[Fact]) -> None:
        now = self._site.clock.utc_ms()
        journal.write(self._site.store, Kind.RESULTS, results, now)
        journal.write(self._site.store, Kind.FAILURES, failures, now)
        fold(self._site)
        self._done.segments += len(results)


def _told(site: Site, stage: str, suffix: str) -> dict[str, Row]:
    """What failed before for this stage and model, by segment."""
    of = pl.col("id").str.starts_with(f"{stage}/") & pl.col("id").str.ends_with(suffix)
    rows = read.set_aside(site, state=None).filter(of, pl.col("state") != "resolved")
    return {
        row["id"].removeprefix(f"{stage}/").removesuffix(suffix): row
        for row in rows.iter_rows(named=True)
    }
