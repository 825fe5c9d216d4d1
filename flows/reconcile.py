"""`reconcile`, daily on the hub: objects and rows compared, what can be mended is."""

from __future__ import annotations

from typing import Any

from prefect import flow, task
from prefect.client.schemas.objects import State

from flows.running import FLOW, TASK, finished, table
from flows.site import Site, open_site
from flows.stages.reconcile import reconcile as compare_all


@task(name="compare objects with rows", tags=["livecam-catalogue"], **TASK)
def compare(site: Site) -> dict[str, int | list[str]]:
    """All cameras; a list in the answer holds keys that were mended or are wrong."""
    return compare_all(site)


@flow(name="reconcile", **FLOW)
def reconcile() -> State[Any]:
    """Compare, and show every key that did not agree."""
    found = compare(open_site())
    keys = {kind: some for kind, some in found.items() if isinstance(some, list)}
    rows = [{"found": kind, "key": key} for kind, some in keys.items() for key in some]
    table("reconciled", rows, "What did not agree")
    return finished(**{kind: n if isinstance(n, int) else len(n) for kind, n in found.items()})
