"""From stored footage to findings: objects, motion, a thumbnail, each with its lineage (C5)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from edge.clock import to_day, to_utc
from edge.errors import BadName, Damaged, LivecamError, ObjectExists, Retryable
from edge.segment import SegmentName
from flows.catalogue import findings, journal, preferred, read
from flows.catalogue.fold import fold
from flows.catalogue.journal import Fact, Kind
from flows.locks import locked
from flows.settings import DetectSettings
from flows.site import Site
from flows.stages.chosen import Chosen, Detectors, Role, chosen
from flows.stages.lineage import config_digest, lineage
from flows.stages.waiting import Arrivals, Row, unanalysed, unanswered, unseen
from flows.store import FOOTAGE, LIVECAM
from flows.vision.analysis import NOTHING, Analysis
from flows.vision.analysis import analyse as look
from flows.vision.detector import Detector
from flows.vision.motion import Eye

__all__ = ["Analysed", "Work", "analyse", "config_digest", "portions"]

STAGE = "analyse"
# What fails for another model than the camera's own sets no footage aside.
BESIDE = "backfill"
FIRST, BATCH = 2, 16
TRIES = 3
# Beside other work a process dies for reasons that are not its segment's.
DEATHS = 5
# A model in the shadow looks at footage of the last day; older footage is backfill's.
SHADOW_MS = 86_400_000


@dataclass(slots=True)
class Analysed:
    """What one run did; `failed` counts tries, `set_aside` names who had the last of theirs.

    `missing` says which models could not be had, and why.
    """

    segments: int = 0
    failed: int = 0
    set_aside: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)


def analyse(
    site: Site,
    run_id: str,
    *,
    detector: Detector | None = None,
    detectors: Detectors | None = None,
    limit: int | None = None,
    progress: Callable[[Analysed], None] = lambda _: None,
) -> Analysed:
    """Analyse what is stored and was not yet, oldest first, by the model of each camera.

    Footage that a promoted model's predecessors have looked at stays theirs: that is backfill's.
    Models in the shadow come after. `detector` alone does it all, where it is given. `run_id`
    becomes the rows' `flow_run_id`. Several at once on one machine take turns; elsewhere both
    find the same, and the first result stays. What fails is tried TRIES times, then set aside.
    Raises the store's Retryable failures.
    """
    done = Analysed()
    with locked(site.home.locks / "analyse.lock"):
        if detector is not None:
            jobs = [Chosen(detector, frozenset(read.cameras(site)), Role.OWN)]
        else:
            jobs, done.missing = chosen(site, detectors or Detectors(site))
        for job in jobs:
            left = None if limit is None else max(limit - done.segments - done.failed, 0)
            _job(site, run_id, job, done, left, progress)
    return done


def _job(
    site: Site,
    run_id: str,
    job: Chosen,
    done: Analysed,
    limit: int | None,
    progress: Callable[[Analysed], None],
) -> None:
    stage = BESIDE if job.role is Role.SHADOW else STAGE
    work = Work(site, run_id, job.detector, done, stage=stage)
    work.bury()
    arrivals = Arrivals(site, _kind(site, job))
    found = arrivals.found(work.again).filter(pl.col("camera").is_in(job.cameras))
    waiting = _waiting(site, job, found).filter(~pl.col("id").is_in(work.given_up))
    rows = waiting.sort("start_utc", "id").to_dicts()
    for portion in portions(rows[:limit]):
        work.batch(portion)
        progress(done)
    if limit is None or len(rows) <= limit:
        arrivals.looked()


def _waiting(site: Site, job: Chosen, found: pl.DataFrame) -> pl.DataFrame:
    left = unanalysed(site, found, job.detector)
    if job.role is Role.PROMOTED:
        return unanswered(site, left)
    if job.role is Role.INSTEAD:
        return unseen(site, left)
    if job.role is Role.SHADOW:
        return left.filter(pl.col("start_utc") >= to_utc(site.clock.utc_ms() - SHADOW_MS))
    return left


def _kind(site: Site, job: Chosen) -> list[str]:
    configs = [f"{one} {config_digest(site.settings.detect_for(one))}" for one in job.cameras]
    orders = {repr(preferred.promotions(site).of(one)) for one in job.cameras}
    return [job.detector.name, job.detector.digest, job.role, *configs, *orders]


def portions(rows: list[Row], first: int = FIRST, most: int = BATCH) -> Iterator[list[Row]]:
    """Growing: the first findings show soon, a long backlog takes few commits."""
    at, size = 0, first
    while at < len(rows):
        yield rows[at : at + size]
        at, size = at + size, min(2 * size, most)


class Work:
    """One model's over segments: what comes of each batch is journalled and folded.

    `pace` is told how long each segment took, in ms, and may hold the next one up.
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
        pace: Callable[[int], None] = lambda _: None,
    ) -> None:
        self._site, self._run_id, self._detector, self._done = site, run_id, detector, done
        self._stage, self._pace = stage, pace
        self._suffix = "" if stage == STAGE else f"/{detector.digest[:16]}"
        self._told = _told(site, stage, self._suffix)
        #: Names the segment in hand: what kills the process costs it a try as well.
        mark = "analysing" if stage == STAGE else f"{stage}{self._suffix}{part}".replace("/", "-")
        self._mark = site.home.run / mark

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
        results: list[Fact] = []
        failures: list[Fact] = []
        try:
            for row in rows:
                began = self._site.clock.monotonic_ms()
                self._one(row, results, failures)
                self._pace(self._site.clock.monotonic_ms() - began)
        finally:
            self._tell(results, failures)

    def _one(self, row: Row, results: list[Fact], failures: list[Fact]) -> None:
        self._mark.parent.mkdir(parents=True, exist_ok=True)
        self._mark.write_text(row["id"])
        try:
            results.append(self._result(row))
        except Retryable:
            raise
        except LivecamError as error:
            failures.append(self._failure(row["id"], error.message))
        except Exception as error:  # noqa: BLE001  whatever a poisoned file provokes is its own
            failures.append(self._failure(row["id"], f"{type(error).__name__}: {error}"))
        else:
            if row["id"] in self._told:
                failures.append(self._failure(row["id"], "analysed at last", state="resolved"))
        finally:
            self._mark.unlink(missing_ok=True)

    def _result(self, row: Row) -> Fact:
        detect = self._site.settings.detect_for(row["camera"])
        # Nobody comes or goes where nothing moves: it is not even fetched.
        found = NOTHING if row["still"] else self._looked(row, detect)
        key = self._kept(row["id"], found.thumbnail) if found.thumbnail else None
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

    def _looked(self, row: Row, detect: DetectSettings) -> Analysis:
        motion = detect.motion
        eye = Eye(sensitivity=motion.sensitivity, min_area=motion.min_area, masks=detect.masks)
        with self._fetched(row) as path:
            return look(path, self._detector, detect.wanted, eye)

    def _kept(self, segment_id: str, thumbnail: bytes) -> str:
        key = findings.thumbnail_key(segment_id)
        with suppress(ObjectExists):
            self._site.store.create(LIVECAM, key, thumbnail, content_type="image/jpeg")
        return key

    @contextmanager
    def _fetched(self, row: Row) -> Iterator[Path]:
        """The segment's pinned version as a local file, its digest verified (C1)."""
        folder = self._site.home.scratch
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{self._mark.name}-{row['id']}.mp4"
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
        """Count a try for the segment that was in hand when the last process died."""
        if not self._mark.exists():
            return
        with suppress(BadName):  # it died before it had written which
            reason = "the process that analysed it was killed"
            most = TRIES if self._stage == STAGE else DEATHS
            failure = self._failure(self._mark.read_text(), reason, most=most)
            self._tell([], [failure])
        self._mark.unlink()
        self._told = _told(self._site, self._stage, self._suffix)

    def _tell(self, results: list[Fact], failures: list[Fact]) -> None:
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
