"""`ingest`, on the hub: receipts, each checked against its object, into the catalogue."""

from __future__ import annotations

from typing import Any

from prefect import flow, task
from prefect.client.schemas.objects import State

from flows.running import FLOW, TASK, finished, table
from flows.site import Site, open_site
from flows.stages.ingest import Ingested
from flows.stages.ingest import ingest as ingest_batch

BATCH = 100  # receipts, of up to fifty segments each


@task(name="ingest a batch", tags=["livecam-catalogue"], **TASK)
def take_in(site: Site) -> Ingested:
    """Up to BATCH receipts, oldest first."""
    return ingest_batch(site, limit=BATCH)


@flow(name="ingest", **FLOW)
def ingest() -> State[Any]:
    """Take in receipts until the inbox is empty."""
    site = open_site()
    total = Ingested()
    while (done := take_in(site)).receipts:
        total.receipts += done.receipts
        total.segments += done.segments
        total.gaps += done.gaps
        total.set_aside += done.set_aside
        if done.receipts < BATCH:
            break
    table("ingest-set-aside", [{"receipt": key} for key in total.set_aside], "Refused receipts")
    if total.receipts:
        row = {"receipts": total.receipts, "segments": total.segments, "gaps": total.gaps}
        table("ingested", [row], "What this run took in")
    return finished(segments=total.segments, gaps=total.gaps, set_aside=len(total.set_aside))
