"""What every flow has in common: its name, its retries, what it shows in Prefect."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from prefect import Task, runtime
from prefect.artifacts import (
    create_progress_artifact,
    create_table_artifact,
    update_progress_artifact,
)
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State, TaskRun
from prefect.states import Completed

from edge.errors import Retryable

NODE = "LIVECAM_NODE"  # which node's worker this is; unset on the hub
BACKOFF_S = [2, 4, 8]
BATCH_TIMEOUT_S = 1_800
SHOWN_ROWS = 200


def node() -> str | None:
    """The node that this run works for; None on the hub."""
    return os.environ.get(NODE)


def run_name() -> str:
    """Who ran it, and when (UTC)."""
    return f"{node() or 'hub'} {datetime.now(UTC):%Y-%m-%d %H:%M:%S}"


def run_id() -> str:
    """This flow run's id, which rows carry (C5)."""
    return str(runtime.flow_run.id)


async def retryable(_: Task[..., Any], __: TaskRun, state: State[Any]) -> bool:
    """Whether a failed task may be tried again: only what may succeed later is."""
    found = await state.aresult(raise_on_failure=False)
    return isinstance(found, Retryable)


# Every task: tried four times in all, and ended where it hangs, so that the slot is freed.
TASK: Mapping[str, Any] = {
    "retries": len(BACKOFF_S),
    "retry_delay_seconds": BACKOFF_S,
    "retry_condition_fn": retryable,
    "timeout_seconds": BATCH_TIMEOUT_S,
    # Each is safe to repeat, and must be repeated: there is nothing to remember of it.
    "cache_policy": NO_CACHE,
    "persist_result": False,
}
FLOW: Mapping[str, Any] = {
    "flow_run_name": run_name,
    "persist_result": False,
    "validate_parameters": False,
}


class Progress:
    """A progress artifact that is there once something is done."""

    def __init__(self, key: str, what: str) -> None:
        self._key, self._what = key, what
        self._artifact: Any = None

    def __call__(self, done: int, of: int) -> None:
        """Show `done` of `of`; equal means finished."""
        percent = 100.0 * done / of if of else 100.0
        text = f"{done} of {of} {self._what}"
        if self._artifact is None:
            self._artifact = create_progress_artifact(percent, self._key, text)
        else:
            update_progress_artifact(self._artifact, percent, text)


def table(key: str, rows: Sequence[Mapping[str, Any]], what: str) -> None:
    """A table artifact of what was done; none for nothing, cut where it would be too long."""
    if rows:
        more = f" (the first {SHOWN_ROWS} of {len(rows)})" if len(rows) > SHOWN_ROWS else ""
        create_table_artifact([dict(row) for row in rows[:SHOWN_ROWS]], key, what + more)


def finished(**counts: int | float) -> State[Any]:
    """The end of a run, telling what it did: `uploaded 3, gaps 1`."""
    told = ", ".join(f"{name.replace('_', ' ')} {count}" for name, count in counts.items() if count)
    return Completed(message=told or "nothing to do")
