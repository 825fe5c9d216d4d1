"""The work of upload, ingest and analyse in this process until nothing is left."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field

from flows.site import Site
from flows.stages.analyse import analyse
from flows.stages.ingest import ingest
from flows.stages.throttle import Rate
from flows.stages.upload import spool_of, upload


@dataclass(slots=True)
class Drained:
    """What one drain did; `set_aside` names receipts and segments that came to nothing."""

    uploaded: int = 0
    ingested: int = 0
    analysed: int = 0
    set_aside: list[str] = field(default_factory=list)


def drain(
    site: Site,
    *,
    rate: Rate | None = None,
    progress: Callable[[Drained], None] = lambda _: None,
) -> Drained:
    """Drain until a round finds nothing to do; safe beside itself. No Prefect server is used.

    `rate` is how quickly to upload now; left out, it is the settings'.
    """
    run_id, done = f"drain-{uuid.uuid4()}", Drained()
    while _round(site, run_id, rate, done):
        progress(done)
    return done


def _round(site: Site, run_id: str, rate: Rate | None, done: Drained) -> bool:
    uploaded = upload(site, spool_of(site), rate=rate)
    ingested = ingest(site)
    analysed = analyse(site, run_id)
    done.uploaded += uploaded.segments
    done.ingested += ingested.segments
    done.analysed += analysed.segments
    done.set_aside += ingested.set_aside + analysed.set_aside
    return bool(
        uploaded.segments
        or uploaded.gaps
        or uploaded.quarantined
        or ingested.receipts
        or analysed.segments
        or analysed.failed
    )
