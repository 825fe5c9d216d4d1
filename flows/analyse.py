"""`analyse`, on any worker: thumbnails, motion, objects and events of what has none yet."""

from __future__ import annotations

from contextlib import suppress
from time import monotonic
from typing import Any

from prefect import flow, task
from prefect.client.schemas.objects import State

from edge.errors import Retryable
from flows.running import FLOW, TASK, Progress, finished, run_id, table
from flows.runs import Runs
from flows.site import Site, open_site
from flows.stages import requests
from flows.stages.analyse import Analysed
from flows.stages.analyse import analyse as analyse_batch
from flows.stages.chosen import Detectors

# A task's share: well below its time-out, however long a commit's worth of work takes.
BATCH_S = 300


@task(name="analyse a batch", tags=["livecam-analysis"], **TASK)
def look(site: Site, run: str, detectors: Detectors) -> Analysed:
    """What waits, for BATCH_S at most, in rows that name this run (C5)."""
    progress, until = Progress("analysing", "segments of this batch"), monotonic() + BATCH_S
    return analyse_batch(
        site,
        run,
        detectors=detectors,
        go_on=lambda: monotonic() < until,
        progress=lambda done: progress(done.segments + done.failed, done.waiting),
    )


@flow(name="analyse", **FLOW)
def analyse() -> State[Any]:
    """Analyse until nothing that is stored waits for it."""
    site = open_site()
    detectors = Detectors(site)
    total, run = Analysed(), run_id()
    while True:
        # It runs every half minute, and so can see that a backfill's runs have died.
        with suppress(Retryable):  # the next one tries again
            requests.summon(site, Runs.of(site.settings, site.home))
        done = look(site, run, detectors)
        total.segments += done.segments
        total.failed += done.failed
        total.set_aside += done.set_aside
        total.missing = done.missing
        if not done.stopped and not done.failed:
            break
    table("analyse-set-aside", [{"segment": one} for one in total.set_aside], "Set aside")
    table("analyse-missing", [{"model": one} for one in total.missing], "Models not to be had")
    if total.segments:
        row = {"segments": total.segments, "failed": total.failed, "detectors": str(detectors)}
        table("analysed", [row], "What this run analysed")
        table("analysed-by", detectors.figures(), "What looked, on what, and how fast")
    return finished(
        segments=total.segments,
        failed=total.failed,
        set_aside=len(total.set_aside),
        models_missing=len(total.missing),
    )
