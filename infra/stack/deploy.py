"""`prefect.yaml` → deployments on a server, one upload a node; harmless to repeat."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

import infra
from edge.errors import MissingPart
from infra.stack.automations import Windows, automations
from infra.stack.prefect_api import PrefectApi

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
    interval_s: float | None = None,
    windows: Windows | None = None,
) -> list[str]:
    """Make the server's deployments, pools and automations those of prefect.yaml.

    `interval_s` replaces the schedules that are intervals. Answers the deployments' names;
    deployments of ours that are not among them are removed.
    """
    wanted = for_nodes(definitions(), nodes)
    with PrefectApi(api) as prefect:
        for pool in sorted({entry["work_pool"]["name"] for entry in wanted}):
            prefect.pool(pool)
        for entry in wanted:
            prefect.ask("POST", "/deployments/", _body(prefect, entry, interval_s))
        _remove_others(prefect, {entry["name"] for entry in wanted})
        for automation in automations(windows or Windows()):
            prefect.automate(automation)
    return [entry["name"] for entry in wanted]


def _body(prefect: PrefectApi, entry: dict[str, Any], interval_s: float | None) -> dict[str, Any]:
    limit = entry["concurrency_limit"]
    return {
        "name": entry["name"],
        "flow_id": prefect.flow(entry["entrypoint"].rsplit(".", 1)[-1]),
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
    if "interval" in written:
        schedule = {**written, "interval": interval_s or written["interval"]}
    else:
        schedule = written
    return {"schedule": schedule, "active": True}


def _remove_others(prefect: PrefectApi, names: set[str]) -> None:
    for found in prefect.deployments(TAG):
        if found["name"] not in names:
            prefect.ask("DELETE", f"/deployments/{found['id']}")
