"""What the dashboards and `status` may ask Prefect, over its REST API.

Importing Prefect costs a second and a hundred megabytes, and these are four questions.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import Any

import httpx

from edge.clock import from_iso
from edge.errors import Retryable
from edge.home import Home
from flows import reach
from flows.settings import FlowSettings

TAG = "livecam"
EDGE_POOL = "edge-"
# Workers report every 5 s: one that missed two is down.
DOWN_AFTER_MS = 15_000
REFUSED = "refuses: prefect.auth is missing or is not the hub's"
AUTH_HINT = "`livecam nodes add` on the hub prints it"


@dataclass(frozen=True, slots=True)
class Run:
    """A flow run that began or ended; times in UTC ms, None for what has not been yet."""

    id: str
    flow: str
    deployment: str
    name: str
    state: str
    message: str
    start_ms: int | None
    end_ms: int | None


@dataclass(frozen=True, slots=True)
class Worker:
    """A worker: on a node (`pool` is edge-<node>) or on the hub (`node` is None)."""

    name: str
    pool: str
    node: str | None
    heartbeat_ms: int | None

    def is_down(self, now_ms: int) -> bool:
        """Whether it has not reported for 15 s."""
        return self.heartbeat_ms is None or now_ms - self.heartbeat_ms > DOWN_AFTER_MS


@dataclass(frozen=True, slots=True)
class Deployment:
    """A flow as it is scheduled; `next_ms` is its next run, None without one."""

    id: str
    name: str
    flow: str
    pool: str
    paused: bool
    next_ms: int | None


def api_of(settings: FlowSettings, home: Home) -> str:
    """The server's API: the environment's, this machine's own, or the configuration's."""
    named = os.environ.get("PREFECT_API_URL")
    if named:
        return named
    try:
        address = json.loads((home.run / "prefect.json").read_text())["address"]
    except (OSError, ValueError, KeyError, TypeError):
        return settings.prefect.api
    return f"{address}/api"


def auth_of(settings: FlowSettings, home: Home) -> str | None:
    """The string that this server asks for. Raises BadSettings."""
    named = os.environ.get("PREFECT_API_URL")
    return reach.from_environment() if named else reach.auth_of(settings, home)


class Runs:
    """Asks one server. Every method raises Retryable when it gives no answer."""

    def __init__(self, api: str, auth: str | None = None, *, timeout_s: float = 3) -> None:
        self._api = api
        # One for all questions: making it reads every certificate of the machine. A connection for
        # each: nobody tells us when it would be time to close them.
        self._client = httpx.Client(
            headers=reach.headers(auth),
            timeout=timeout_s,
            trust_env=False,
            limits=httpx.Limits(max_keepalive_connections=0),
        )

    @classmethod
    def of(cls, settings: FlowSettings, home: Home) -> Runs:
        """The site's server, with the string that it asks for. Raises BadSettings."""
        return cls(api_of(settings, home), auth_of(settings, home))

    def workers(self) -> list[Worker]:
        """Every worker's last report, in order of pool and name."""
        pools = [pool["name"] for pool in self._ask("/work_pools/filter", {})]
        found = [
            _worker(pool, one)
            for pool in sorted(pools)
            for one in self._ask(f"/work_pools/{pool}/workers/filter", {})
        ]
        return sorted(found, key=lambda worker: (worker.pool, worker.name))

    def deployments(self) -> list[Deployment]:
        """Ours, in order of name, with their next run."""
        found = self._ours()
        flows = self._flow_names()
        deployments = [
            Deployment(
                id=one["id"],
                name=one["name"],
                flow=flows.get(one["flow_id"], ""),
                pool=one["work_pool_name"] or "",
                paused=one["paused"],
                next_ms=self._next_run(one["id"]),
            )
            for one in found
        ]
        return sorted(deployments, key=lambda deployment: deployment.name)

    def last_runs(self, limit: int = 20, *, flow: str | None = None) -> list[Run]:
        """What ran or runs, newest first; runs that found their slot taken are left out."""
        wanted: dict[str, Any] = {
            "sort": "EXPECTED_START_TIME_DESC",
            "limit": limit,
            "flow_runs": {
                "tags": {"all_": [TAG]},
                "state": {"type": {"not_any_": ["SCHEDULED", "CANCELLED"]}},
            },
        }
        if flow is not None:
            wanted["flows"] = {"name": {"any_": [flow]}}
        found = self._ask("/flow_runs/filter", wanted)
        flows = self._flow_names()
        names = {one["id"]: one["name"] for one in self._ours()} if found else {}
        return [_run(one, flows, names) for one in found]

    def unstarted(self, deployment: str) -> int:
        """How many runs of one of ours wait for a worker, or for their process."""
        waiting = {"state": {"type": {"any_": ["SCHEDULED", "PENDING"]}}}
        wanted = {"flow_runs": waiting, "deployments": {"name": {"any_": [deployment]}}}
        return len(self._ask("/flow_runs/filter", wanted))

    def start(self, deployment: str) -> None:
        """Let a worker run one of ours, now. Raises Retryable where it is not deployed."""
        for one in self._ours():
            if one["name"] == deployment:
                state = {"type": "SCHEDULED"}
                self._ask(f"/deployments/{one['id']}/create_flow_run", {"state": state})
                return
        raise Retryable(f"{deployment} is not deployed", hint="`livecam up` on the hub does it")

    def _ours(self) -> list[dict[str, Any]]:
        return self._ask("/deployments/filter", {"deployments": {"tags": {"all_": [TAG]}}})

    def _next_run(self, deployment: str) -> int | None:
        # One at a time: asked for all at once, those that run often hide the daily ones.
        wanted = {
            "sort": "EXPECTED_START_TIME_ASC",
            "limit": 1,
            "deployments": {"id": {"any_": [deployment]}},
            "flow_runs": {"state": {"type": {"any_": ["SCHEDULED"]}}},
        }
        found = self._ask("/flow_runs/filter", wanted)
        return _ms(found[0]["expected_start_time"]) if found else None

    def _flow_names(self) -> dict[str, str]:
        return {flow["id"]: flow["name"] for flow in self._ask("/flows/filter", {})}

    def _ask(self, path: str, body: dict[str, Any]) -> list[dict[str, Any]]:
        try:
            reply = self._client.post(self._api + path, json=body)
            if reply.status_code == httpx.codes.UNAUTHORIZED:
                raise Retryable(f"Prefect at {self._api} {REFUSED}", hint=AUTH_HINT)
            reply.raise_for_status()
            found: list[dict[str, Any]] = reply.json()
        except (httpx.HTTPError, ValueError) as error:
            raise Retryable(
                f"Prefect does not answer at {self._api}: {error}",
                hint="`livecam up` on the hub starts it",
            ) from None
        return found


def _worker(pool: str, told: dict[str, Any]) -> Worker:
    node = pool.removeprefix(EDGE_POOL) if pool.startswith(EDGE_POOL) else None
    return Worker(told["name"], pool, node, _ms(told["last_heartbeat_time"]))


def _run(told: dict[str, Any], flows: dict[str, str], names: dict[str, str]) -> Run:
    return Run(
        id=told["id"],
        flow=flows.get(told["flow_id"], ""),
        deployment=names.get(told["deployment_id"] or "", ""),
        name=told["name"],
        state=told["state_name"] or told["state_type"],
        message=(told["state"] or {}).get("message") or "",
        start_ms=_ms(told["start_time"]),
        end_ms=_ms(told["end_time"]),
    )


def _ms(text: str | None) -> int | None:
    return None if text is None else from_iso(text)
