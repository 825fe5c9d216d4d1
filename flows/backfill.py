"""`backfill`, a run a worker: what was asked for of the archive, part by part."""

from __future__ import annotations

import os
from typing import Any

from prefect import flow, task
from prefect.client.schemas.objects import State

from edge.errors import BadModel
from flows.catalogue.preferred import Model
from flows.running import FLOW, TASK, Progress, finished, run_id, table
from flows.site import Site, open_site
from flows.stages import requests
from flows.stages.backfill import Backfilled, plan
from flows.stages.backfill import backfill as backfill_stretch
from flows.stages.chosen import Detectors
from flows.stages.leases import taken
from flows.stages.requests import Request
from flows.vision.detector import Detector

# A task is ended where it hangs; this one ends by itself long before.
AT_A_TIME_MS = 600_000


@task(name="backfill a while", tags=["livecam-analysis"], **TASK)
def look(site: Site, run: str, detector: Detector, request: Request) -> Backfilled:
    """What of the request nobody else is at, for some minutes, in rows that name this run (C5)."""
    until_ms = site.clock.monotonic_ms() + AT_A_TIME_MS
    progress = Progress("backfilling", "segments that were left")

    def go_on() -> bool:
        return site.clock.monotonic_ms() < until_ms and requests.is_asked(site, request)

    return backfill_stretch(
        site,
        run,
        detector,
        request.stretch,
        stay=False,
        go_on=go_on,
        progress=lambda done: progress(done.over, done.waiting),
    )


@flow(name="backfill", **FLOW)
def backfill() -> State[Any]:
    """Work at what is asked for until others are at all that is left."""
    site, run = open_site(), run_id()
    detectors, total = Detectors(site), Backfilled()
    worker = os.environ.get("PREFECT__WORKER_NAME") or run
    with taken(site, requests.run_name(worker)) as lease:
        for request in requests.asked(site) if lease else ():
            _request(site, run, detectors, request, total)
    table("backfill-set-aside", [{"segment": one} for one in total.set_aside], "Set aside")
    table("backfill-missing", [{"model": one} for one in total.missing], "Models not to be had")
    return finished(
        segments=total.segments,
        failed=total.failed,
        set_aside=len(total.set_aside),
        models_missing=len(total.missing),
    )


def _request(
    site: Site, run: str, detectors: Detectors, request: Request, total: Backfilled
) -> None:
    try:
        detector = detectors.exactly(Model(request.model, request.digest))
    except BadModel as error:  # removed since: the others' work goes on
        total.missing.append(str(error))
        requests.end(site, request)
        return
    while (done := look(site, run, detector, request)).segments or done.failed:
        total.segments += done.segments
        total.failed += done.failed
        total.set_aside += done.set_aside
    if requests.is_asked(site, request) and not plan(site, detector, request.stretch):
        requests.end(site, request)
