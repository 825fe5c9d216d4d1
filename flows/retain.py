"""`retain`, daily on the hub: delete what is past its retention, and say why."""

from __future__ import annotations

from typing import Any

from prefect import flow, task
from prefect.client.schemas.objects import State

from flows.retention import Action
from flows.running import FLOW, TASK, finished, table
from flows.site import Site, open_site
from flows.stages.retain import Retained
from flows.stages.retain import retain as retain_all


@task(name="delete what is due", tags=["livecam-catalogue"], **TASK)
def delete_due(site: Site) -> Retained:
    """All of it, in plans whose intent is journalled first (D3); above the cap nothing (D2)."""
    return retain_all(site)


@flow(name="retain", **FLOW)
def retain() -> State[Any]:
    """Carry out today's plan; a run that deletes nothing under D2 fails, and shows it."""
    done = delete_due(open_site())
    expired = [one for one in done.decisions if one.action is Action.EXPIRE]
    rows = [
        {
            "camera": one.segment.camera,
            "key": one.segment.key,
            "reason": one.reason,
            "bytes": one.segment.size_bytes,
        }
        for one in expired
    ]
    table("retained", rows, f"What expired and why; {done.freed_bytes} bytes freed")
    return finished(
        deleted=done.deleted,
        kept=len(done.decisions) - len(expired),
        freed_megabytes=round(done.freed_bytes / 1e6, 1),
    )
