"""What `up` asks of Prefect's REST API, without importing Prefect into the supervisor.

Importing it costs a second of CPU and a hundred megabytes for as long as the site runs.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Sequence
from typing import Any

import httpx

from edge.errors import BadSettings, MissingPart, Retryable
from flows import reach
from flows.runs import AUTH_HINT, REFUSED

Reply = dict[str, Any]
# SQLite locked by another of the server's writers: it answers 503, and soon has done.
BUSY_TRIES, BUSY_PAUSE_S = 20, 0.5


class PrefectApi:
    """A client of one server. Raises Retryable when it gives no answer.

    `auth` is the string that a server asks for which other machines reach.
    """

    def __init__(self, api: str, auth: str | None = None, *, timeout_s: float = 30) -> None:
        self._client = httpx.Client(
            base_url=api, headers=reach.headers(auth), timeout=timeout_s, trust_env=False
        )

    def __enter__(self) -> PrefectApi:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def send(self, method: str, path: str, body: object = None, **told: Any) -> httpx.Response:
        """One request; any status is an answer."""
        try:
            return self._client.request(method, path, json=body, params=told)
        except httpx.TransportError as error:
            raise Retryable(
                f"Prefect does not answer at {self._client.base_url}: {error}",
                hint="`livecam up` starts it",
            ) from None

    def ask(self, method: str, path: str, body: object = None, **told: Any) -> Any:
        """One request that must succeed; its JSON, None without content."""
        reply = self.send(method, path, body, **told)
        for _ in range(BUSY_TRIES):
            if reply.status_code != httpx.codes.SERVICE_UNAVAILABLE:
                break
            time.sleep(BUSY_PAUSE_S)
            reply = self.send(method, path, body, **told)
        if reply.is_server_error:
            raise Retryable(f"Prefect answered {reply.status_code} to {method} {path}")
        if reply.status_code == httpx.codes.UNAUTHORIZED:
            raise BadSettings(f"Prefect at {self._client.base_url} {REFUSED}", hint=AUTH_HINT)
        if reply.is_error:
            raise MissingPart(f"Prefect refused {method} {path}: {reply.text[:300]}")
        return reply.json() if reply.content else None

    def pool(self, name: str) -> None:
        """Make a process work pool; harmless when it is there."""
        reply = self.send("GET", f"/work_pools/{name}")
        if reply.status_code == httpx.codes.NOT_FOUND:
            self.send("POST", "/work_pools/", {"name": name, "type": "process"})

    def flow(self, name: str) -> str:
        """A flow's id, made if need be."""
        return str(self.ask("POST", "/flows/", {"name": name})["id"])

    def deployments(self, tag: str) -> list[Reply]:
        """Deployments that carry a tag."""
        wanted = {"deployments": {"tags": {"all_": [tag]}}}
        found: list[Reply] = self.ask("POST", "/deployments/filter", wanted)
        return found

    def automate(self, wanted: Sequence[Reply]) -> None:
        """Make these automations, each once, or make those of their names equal to them."""
        found: list[Reply] = self.ask("POST", "/automations/filter", {})
        for automation in wanted:
            marked = {**automation, "tags": [*automation["tags"], digest(automation)]}
            same = [one for one in found if one["name"] == marked["name"]]
            for extra in same[1:]:
                self.ask("DELETE", f"/automations/{extra['id']}")
            if not same:
                self.ask("POST", "/automations/", marked)
            elif sorted(same[0]["tags"]) != sorted(marked["tags"]):
                self.ask("PUT", f"/automations/{same[0]['id']}", marked)


def digest(body: Reply) -> str:
    """A short name for exactly this request: what is there under it needs no second one."""
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()[:16]
