"""`prefect.yaml` → deployments on a server, one upload a node; harmless to repeat."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

import infra
from edge.errors import MissingPart
from infra.stack.automations import Windows, automations
from infra.stack.prefect_api import PrefectApi, digest

TAG = "livecam"
HUB_POOL = "hub"


def edge_pool(node: str) -> str:
    """The work pool of a node's uploads."""
    return f"edge-{node}"


def definitions() -> list[dict[str, Any]]:
    """The deployments of prefect.yaml, as written there."""
    path = Path(infra.__file__).parents[1] / "prefect.yaml"
    if not path.is_file():
        raise MissingPart("the flows' definitions are missing", path=path)
    found: list[dict[str, Any]] = yaml.safe_load(path.read_text())["deployments"]
    return found


def for_nodes(written: Sequence[dict[str, Any]], nodes: Sequence[str]) -> list[dict[str, Any]]:
    """The same with `upload` on its node's pool; with several nodes, one upload each."""
    wanted: list[dict[str, Any]] = []
    for entry in written:
        if entry["work_pool"]["name"] == HUB_POOL:
            wanted.append(entry)
            continue
        for node in nodes:
            name = entry["name"] if len(nodes) == 1 else f"{entry['name']}-{node}"
            pool = {**entry["work_pool"], "name": edge_pool(node)}
            wanted.append({**entry, "name": name, "work_pool": pool})
    return wanted


def deploy(
    api: str,
    nodes: Sequence[str],
    *,
    auth: str | None = None,
    interval_s: float | None = None,
    windows: Windows | None = None,
) -> list[str]:
    """Make the server's deployments, pools and automations those of prefect.yaml.

    `interval_s` replaces the schedules that are intervals. Answers the deployments' names;
    deployments of ours that are not among them are removed.
    """
    wanted = for_nodes(definitions(), nodes)
    with PrefectApi(api, auth) as prefect:
        there = {found["name"]: found for found in prefect.deployments(TAG)}
        for entry in wanted:
            _deployment(prefect, entry, interval_s, there.pop(entry["name"], None))
        for other in there.values():
            prefect.ask("DELETE", f"/deployments/{other['id']}")
        prefect.automate(automations(windows or Windows()))
    return [entry["name"] for entry in wanted]


def _deployment(
    prefect: PrefectApi,
    entry: dict[str, Any],
    interval_s: float | None,
    there: dict[str, Any] | None,
) -> None:
    """Make one deployment, unless it is there as wanted: made again, its runs are planned anew."""
    body = _body(entry, interval_s)
    version = digest(body)
    if there is not None and there["version"] == version:
        return
    prefect.pool(entry["work_pool"]["name"])
    flow = prefect.flow(entry["entrypoint"].rsplit(".", 1)[-1])
    prefect.ask("POST", "/deployments/", {**body, "flow_id": flow, "version": version})


def free_slots(api: str, auth: str | None = None) -> None:
    """Free every deployment's slot: for a server that has just started, and only then.

    Who holds a slot stands in the server's memory, that one is held in its database: after a
    restart nobody would give it back, and every later run would be cancelled.
    """
    with PrefectApi(api, auth) as prefect:
        for found in prefect.deployments(TAG):
            limit = found["global_concurrency_limit"]
            if limit and limit["active_slots"]:
                freed = {"active_slots": 0}
                prefect.ask("PATCH", f"/v2/concurrency_limits/{limit['id']}", freed)


def _body(entry: dict[str, Any], interval_s: float | None) -> dict[str, Any]:
    limit = entry["concurrency_limit"]
    return {
        "name": entry["name"],
        "entrypoint": entry["entrypoint"],
        "description": entry["description"],
        "tags": entry["tags"],
        "work_pool_name": entry["work_pool"]["name"],
        "schedules": [_schedule(one, interval_s) for one in entry["schedules"]],
        "concurrency_limit": limit["limit"],
        "concurrency_options": {k: v for k, v in limit.items() if k != "limit"},
        "job_variables": entry["work_pool"].get("job_variables", {}),
        "pull_steps": [],
        "enforce_parameter_schema": False,
    }


def _schedule(written: dict[str, Any], interval_s: float | None) -> dict[str, Any]:
    if "interval" not in written or interval_s is None:
        return {"schedule": written, "active": True}
    # The flows keep their order within the round, however short that is.
    anchor = datetime.fromisoformat(written["anchor_date"])
    shift = timedelta(seconds=anchor.second * (interval_s / written["interval"] - 1))
    schedule = {"interval": interval_s, "anchor_date": (anchor + shift).isoformat()}
    return {"schedule": schedule, "active": True}
