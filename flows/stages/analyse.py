"""From stored footage to findings: objects, motion, a thumbnail, each with its lineage (C5)."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import polars as pl

from edge.clock import to_utc
from flows.catalogue import preferred, read
from flows.locks import locked
from flows.site import Site
from flows.stages.chosen import Chosen, Detectors, Role, chosen
from flows.stages.hands import cores
from flows.stages.lineage import config_digest
from flows.stages.waiting import Arrivals, Row, unanalysed, unanswered, unseen
from flows.stages.work import BESIDE, STAGE, Analysed, Work
from flows.vision.detector import Detector

__all__ = ["BESIDE", "Analysed", "Work", "analyse", "config_digest", "portions", "threads_of"]

# How many are looked at before something is told, and how many are told at once in all.
FIRST, BATCH, ROWS = 2, 64, 1_000
# Of long segments fewer: so much footage may be looked at and not be told yet.
UNTOLD_MS = 1_920_000
# A model in the shadow looks at footage of the last day; older footage is backfill's.
SHADOW_MS = 86_400_000


def analyse(
    site: Site,
    run_id: str,
    *,
    detector: Detector | None = None,
    detectors: Detectors | None = None,
    threads: int | None = None,
    go_on: Callable[[], bool] = lambda: True,
    progress: Callable[[Analysed], None] = lambda _: None,
) -> Analysed:
    """Analyse what is stored and was not yet, by the model of each camera, hour by hour.

    Footage that a promoted model's predecessors have looked at stays theirs: that is backfill's.
    Models in the shadow come after. `detector` alone does it all, where it is given. `run_id`
    becomes the rows' `flow_run_id`. Several at once on one machine take turns; elsewhere both
    find the same, and the first result stays. What fails is tried TRIES times, then set aside.
    `threads` segments are in hand at once, by default as the settings say. `go_on` is asked before
    each commit's worth of work. Raises the store's Retryable failures.
    """
    done, threads = Analysed(), threads or threads_of(site)
    with locked(site.home.locks / "analyse.lock"):
        if detector is not None:
            jobs = [Chosen(detector, frozenset(read.cameras(site)), Role.OWN)]
        else:
            jobs, done.missing = chosen(site, detectors or Detectors(site))
        for job in jobs:
            _job(site, run_id, job, done, threads, go_on, progress)
    return done


def _job(
    site: Site,
    run_id: str,
    job: Chosen,
    done: Analysed,
    threads: int,
    go_on: Callable[[], bool],
    progress: Callable[[Analysed], None],
) -> None:
    stage = BESIDE if job.role is Role.SHADOW else STAGE
    work = Work(site, run_id, job.detector, done, stage=stage, threads=threads)
    work.bury()
    arrivals = Arrivals(site, _kind(site, job))
    found = arrivals.found(work.again).filter(pl.col("camera").is_in(job.cameras))
    waiting = _waiting(site, job, found).filter(~pl.col("id").is_in(work.given_up))
    # A camera's footage of an hour together: each commit tells anew of every camera in it.
    hour = pl.col("start_utc").dt.truncate("1h")
    rows = waiting.sort(hour, "camera", "start_utc", "id").to_dicts()
    done.waiting += len(rows)
    for portion in portions(rows):
        if not go_on():
            done.stopped = True
            return
        work.batch(portion)
        progress(done)
    arrivals.looked()


def threads_of(site: Site) -> int:
    """How many segments this machine has in hand at once."""
    most = site.settings.analyse.threads
    # Beside a recorder, too: it needs a hundredth of a core a camera, and is woken at once.
    return cores() if most is None else min(most, cores())


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
    """Growing: the first findings show soon, a long backlog takes few commits.

    `first` and `most` count what is looked at; what is still comes along, as it costs next to
    nothing.
    """
    at, size = 0, first
    while at < len(rows):
        end = _end(rows, at, size)
        yield rows[at:end]
        at, size = end, min(4 * size, most)


def _end(rows: list[Row], at: int, size: int) -> int:
    looked = looked_ms = 0
    for number, row in enumerate(rows[at : at + ROWS], at):
        if not row["still"]:
            looked, looked_ms = looked + 1, looked_ms + row["wall_ms"]
            if looked > size or (looked > 1 and looked_ms > UNTOLD_MS):
                return number
    return min(at + ROWS, len(rows))
