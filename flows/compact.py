"""`compact`, daily on the hub: finished days in fewer files, the journal rolled up."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from prefect import flow, task
from prefect.client.schemas.objects import State

from flows.running import FLOW, TASK, finished, table
from flows.site import Site, open_site
from flows.stages.compact import Compacted
from flows.stages.compact import compact as compact_all


@task(name="compact tables and journal", tags=["livecam-catalogue"], **TASK)
def tidy(site: Site) -> Compacted:
    """Every table, then every finished day of the journal."""
    return compact_all(site)


@flow(name="compact", **FLOW)
def compact() -> State[Any]:
    """Optimise, vacuum, roll up, and show how much."""
    done = asdict(tidy(open_site()))
    if any(done.values()):
        table("compacted", [done], "What this run made smaller")
    return finished(**done)
