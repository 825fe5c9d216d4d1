"""`upload`, on a node: sealed segments to the store, a receipt, an empty spool."""

from __future__ import annotations

from typing import Any

from prefect import flow, task
from prefect.client.schemas.objects import State

from edge.settings import find_file
from edge.spool import Spool
from flows.running import FLOW, TASK, finished, node, table
from flows.site import Site, open_site
from flows.stages.throttle import following
from flows.stages.upload import Uploaded
from flows.stages.upload import upload as upload_batch

BATCH = 200
# Held up by `upload.rate`, a batch may take hours: a run ends before its task would be ended.
LONGEST_S = 600.0


@task(name="upload a batch", tags=["livecam-store"], **TASK)
def store(site: Site, spool: Spool) -> Uploaded:
    """Up to BATCH segments and what gaps there are; the retries are Retryable's."""
    rate = following(site, find_file())
    return upload_batch(site, spool, limit=BATCH, idle=True, seconds=LONGEST_S, rate=rate)


@flow(name="upload", **FLOW)
def upload() -> State[Any]:
    """Bring this node's footage to the store until none is left."""
    site = open_site()
    spool = Spool(site.home.spool, node() or site.settings.nodes[0], site.clock)
    rows: list[dict[str, Any]] = []
    while (done := store(site, spool)).segments or done.gaps:
        rows.append({"segments": done.segments, "gaps": done.gaps, "bytes": done.bytes})
        table("uploaded", [*rows], "What this run stored, a row a batch")
        if done.segments < BATCH:
            break
    return finished(
        segments=sum(row["segments"] for row in rows),
        gaps=sum(row["gaps"] for row in rows),
        megabytes=round(sum(row["bytes"] for row in rows) / 1e6, 1),
    )
