"""Backfills that somebody asked for: objects in the bucket, there until nothing of them is left.

Runs come and go; what was asked for stays asked for, so that whoever starts runs can see that
some are missing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass

from edge.errors import ObjectExists, ObjectMissing
from flows.runs import Runs
from flows.site import Site
from flows.stages import leases
from flows.stages.backfill import Stretch
from flows.store import LIVECAM

REQUESTS = "backfills/"
DEPLOYMENT, POOL = "backfill", "hub"
RUNS = "runs"


@dataclass(frozen=True, slots=True)
class Request:
    """One model (its name and digest) over a stretch."""

    model: str
    digest: str
    stretch: Stretch

    @property
    def key(self) -> str:
        """Where it lies; the same request is the same object."""
        told = json.dumps(asdict(self), sort_keys=True).encode()
        return f"{REQUESTS}{hashlib.sha256(told).hexdigest()[:16]}.json"


def ask(site: Site, request: Request) -> None:
    """Ask for it; asking again changes nothing."""
    with suppress(ObjectExists):
        site.store.create(LIVECAM, request.key, json.dumps(asdict(request)).encode())


def asked(site: Site) -> Iterator[Request]:
    """Everything that is asked for, in no order that matters."""
    for info in list(site.store.list(LIVECAM, REQUESTS)):
        with suppress(ObjectMissing):  # ended just now
            told = json.loads(site.store.read(LIVECAM, info.key))
            stretch = told.pop("stretch")
            yield Request(
                **told, stretch=Stretch(**{**stretch, "cameras": tuple(stretch["cameras"])})
            )


def is_asked(site: Site, request: Request) -> bool:
    """Whether it is still asked for."""
    try:
        site.store.head(LIVECAM, request.key)
    except ObjectMissing:
        return False
    return True


def end(site: Site, request: Request) -> None:
    """Nothing is left of it, or nobody wants it any more. Whoever is at it ends soon."""
    site.store.delete(LIVECAM, [(request.key, "")])


def run_name(worker: str) -> str:
    """What a worker's run holds as its lease: each worker works at one run."""
    return f"{RUNS}/{hashlib.sha256(worker.encode()).hexdigest()[:16]}"


def summon(site: Site, runs: Runs) -> int:
    """Start a run for each worker of the pool that has none, where anything is asked for.

    Answers how many. A run that comes to a worker that has one ends at once; another is started
    the next time. Raises Retryable where Prefect does not answer.
    """
    if not any(True for _ in site.store.list(LIVECAM, REQUESTS)):
        return 0
    now_ms = site.clock.utc_ms()
    workers = [one for one in runs.workers() if one.pool == POOL and not one.is_down(now_ms)]
    wanted = len(workers) - len(leases.held(site, RUNS)) - runs.unstarted(DEPLOYMENT)
    for _ in range(wanted):
        runs.start(DEPLOYMENT)
    return max(wanted, 0)
