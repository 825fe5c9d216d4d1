"""From stored footage to findings: objects, motion, a thumbnail, each with its lineage (C5)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import polars as pl

from edge.clock import to_day, to_ms
from edge.errors import BadName, Damaged, LivecamError, ObjectExists, Retryable
from edge.segment import SegmentName
from flows.catalogue import findings, journal, read
from flows.catalogue.fold import fold
from flows.catalogue.journal import Fact, Kind
from flows.catalogue.schema import ANALYSES, SEGMENTS, Status
from flows.locks import locked
from flows.settings import DetectSettings
from flows.site import Site
from flows.store import FOOTAGE, LIVECAM
from flows.vision.analysis import analyse as look
from flows.vision.detector import Detector
from flows.vision.models import best_detector

STAGE = "analyse"
FIRST, BATCH = 2, 16
TRIES = 3
# Between the writing of a file and its commit, and between two machines' clocks.
SLACK_MS = 600_000
# Once in a while everything is looked through: so much rests on no one's clock.
WHOLE_EVERY_MS = 86_400_000
_COLUMNS = ("id", "camera", "start_utc", "key", "version_id", "sha256", "wall_ms")

Row = dict[str, Any]


@dataclass(slots=True)
class Analysed:
    """What one run did; `failed` counts tries, `set_aside` names who had the last of theirs."""

    segments: int = 0
    failed: int = 0
    set_aside: list[str] = field(default_factory=list)


def analyse(
    site: Site,
    run_id: str,
    *,
    detector: Detector | None = None,
    limit: int | None = None,
    progress: Callable[[Analysed], None] = lambda _: None,
) -> Analysed:
    """Analyse what is stored and was not yet by this detector and configuration, oldest first.

    `run_id` becomes the rows' `flow_run_id`. Several at once on one machine take turns;
    elsewhere both find the same, and the first result stays. What fails is tried TRIES
    times, then set aside. Raises the store's Retryable failures.
    """
    done = Analysed()
    with locked(site.home.locks / "analyse.lock"):
        work = _Work(site, run_id, detector or best_detector(site.home.models), done)
        work.bury()
        waiting = work.waiting()[:limit]
        for portion in _portions(waiting):
            work.batch(portion)
            progress(done)
        if limit is None:
            work.looked()
    return done


def _portions(rows: list[Row]) -> Iterator[list[Row]]:
    """Growing up to BATCH: the first findings show soon, a long backlog takes few commits."""
    at, size = 0, FIRST
    while at < len(rows):
        yield rows[at : at + size]
        at, size = at + size, min(2 * size, BATCH)


def code_version() -> str:
    """The version of this program, as rows name it."""
    return version("livecam")


def config_digest(detect: DetectSettings) -> str:
    """SHA-256 of the settings that shape a result, spelled one way."""
    told = detect.shaping
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


class _Work:
    def __init__(self, site: Site, run_id: str, detector: Detector, done: Analysed) -> None:
        self._site, self._run_id, self._detector, self._done = site, run_id, detector, done
        self._failed = {
            row["id"].removeprefix(f"{STAGE}/"): row
            for row in read.set_aside(site, state=None).iter_rows(named=True)
            if row["stage"] == STAGE and row["state"] in {"failing", "replayed"}
        }
        #: Names the segment in hand: what kills the process costs it a try as well.
        self._mark = site.home.run / "analysing"
        self._looked = site.home.run / "analysed.json"
        self._until, self._whole = 0, site.clock.utc_ms()

    def waiting(self) -> list[Row]:
        """Stored segments without an analysis of this kind, oldest first."""
        changed, self._until = read.changed_segments(self._site, self._since(), _COLUMNS)
        again = [one for one in self._failed if one not in set(changed["id"])]
        found = pl.concat([changed, *(self._stored(one) for one in again)])
        if found.is_empty():
            return []
        first, last = found["start_utc"].min(), found["start_utc"].max()
        done = read.rows(
            self._site,
            ANALYSES,
            start_ms=to_ms(first) - 1,  # type: ignore[arg-type]
            end_ms=to_ms(last) + 1,  # type: ignore[arg-type]
            columns=("id",),
        )
        left = found.with_columns(analysis=self._ids()).join(
            done, left_on="analysis", right_on="id", how="anti"
        )
        return left.sort("start_utc", "id").drop("analysis").to_dicts()

    def _stored(self, segment_id: str) -> pl.DataFrame:
        stored = pl.col("status") == str(Status.STORED)
        return read.of_segment(self._site, SEGMENTS, segment_id, where=stored, columns=_COLUMNS)

    def _ids(self) -> pl.Expr:
        """The id that each segment's analysis of this kind has."""
        every = self._configs()
        config = pl.col("camera").replace_strict(every, return_dtype=pl.String)
        before = f"/{self._detector.name}/{self._detector.digest[:16]}/"
        return pl.concat_str(pl.col("id"), pl.lit(before), config)

    def _configs(self) -> dict[str, str]:
        return {
            camera: config_digest(self._site.settings.detect_for(camera))[:16]
            for camera in read.cameras(self._site)
        }

    def _since(self) -> int:
        """Files older than this were looked through to the end, for this very kind of work."""
        try:
            told = json.loads(self._looked.read_bytes())
        except (FileNotFoundError, ValueError):
            return 0
        now = self._site.clock.utc_ms()
        if told["kind"] != self._kind() or not 0 <= now - told["whole_ms"] < WHOLE_EVERY_MS:
            return 0
        self._whole = told["whole_ms"]
        return int(told["until_ms"]) - SLACK_MS

    def looked(self) -> None:
        """Everything that was waiting was tried: the next run need not look again."""
        told = {"kind": self._kind(), "until_ms": self._until, "whole_ms": self._whole}
        self._looked.parent.mkdir(parents=True, exist_ok=True)
        self._looked.write_text(json.dumps(told))

    def _kind(self) -> list[str]:
        table = self._site.store.delta_uri(SEGMENTS.path)
        configs = sorted({config_digest(self._site.settings.detect), *self._configs().values()})
        return [table, self._detector.name, self._detector.digest, *configs]

    def batch(self, rows: list[Row]) -> None:
        """Analyse some, then journal and fold what came of it, also when stopped half way."""
        results: list[Fact] = []
        failures: list[Fact] = []
        try:
            for row in rows:
                self._one(row, results, failures)
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
            if row["id"] in self._failed:
                failures.append(self._failure(row["id"], "analysed at last", state="resolved"))
        finally:
            self._mark.unlink(missing_ok=True)

    def _result(self, row: Row) -> Fact:
        detect = self._site.settings.detect_for(row["camera"])
        with self._fetched(row) as path:
            found = look(path, self._detector, frozenset(detect.objects), detect.least)
        key = findings.thumbnail_key(row["id"])
        with suppress(ObjectExists):
            self._site.store.create(LIVECAM, key, found.thumbnail, content_type="image/jpeg")
        seen = tuple(s for s in found.seen if detect.sees(s.label, s.score, s.box))
        return findings.result(
            replace(found, seen=seen),
            segment_id=row["id"],
            wall_ms=row["wall_ms"],
            lineage={
                "analyser": self._detector.name,
                "model_digest": self._detector.digest,
                "config_digest": config_digest(detect),
                "code_version": code_version(),
                "flow_run_id": self._run_id,
            },
            confidence=detect.least,
            thumbnail_key=key,
            analysed_ms=self._site.clock.utc_ms(),
        )

    @contextmanager
    def _fetched(self, row: Row) -> Iterator[Path]:
        """The segment's pinned version as a local file, its digest verified (C1)."""
        folder = self._site.home.scratch
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"analyse-{row['id']}.mp4"
        try:
            digest = self._site.store.fetch(FOOTAGE, row["key"], path, row["version_id"])
            if digest != row["sha256"]:
                raise Damaged("the object's bytes do not match the row's SHA-256", key=row["key"])
            yield path
        finally:
            path.unlink(missing_ok=True)

    def _failure(self, segment_id: str, reason: str, state: str = "") -> Fact:
        before = self._failed.get(segment_id)
        tries = 1 + (before["attempts"] if before and before["state"] == "failing" else 0)
        if not state:
            state = "set_aside" if tries >= TRIES else "failing"
            self._done.failed += 1
        if state == "set_aside":
            self._done.set_aside.append(segment_id)
        name = SegmentName.from_file(segment_id + ".mp4")
        return {
            "stage": STAGE,
            "subject": segment_id,
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
            self._tell([], [self._failure(self._mark.read_text(), reason)])
        self._mark.unlink()

    def _tell(self, results: list[Fact], failures: list[Fact]) -> None:
        now = self._site.clock.utc_ms()
        journal.write(self._site.store, Kind.RESULTS, results, now)
        journal.write(self._site.store, Kind.FAILURES, failures, now)
        fold(self._site)
        self._done.segments += len(results)
