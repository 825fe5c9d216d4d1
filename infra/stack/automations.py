"""What Prefect does by itself about runs that died, got stuck or failed.

A run whose process or worker was killed stays Running or Pending for ever, holds its
deployment's one slot, and every later run is cancelled: nothing would be done any more.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

HEARTBEAT = "prefect.flow-run.heartbeat"
_ENDS = [f"prefect.flow-run.{s}" for s in ("Completed", "Failed", "Cancelled", "Crashed")]
_OURS = {"prefect.resource.role": "tag", "prefect.resource.id": "prefect.tag.livecam"}
_DAILY = {"prefect.resource.role": "tag", "prefect.resource.id": "prefect.tag.daily"}


@dataclass(frozen=True, slots=True)
class Windows:
    """How long a run may be silent (heartbeats come every 30 s, three may be missed)."""

    running_s: int = 100
    pending_s: int = 90
    again_s: int = 900  # until a failed daily run is tried again


def automations(windows: Windows) -> list[dict[str, Any]]:
    """The automations in the REST API's own words."""
    return [
        _silent(
            "livecam: a run without heartbeat",
            ["prefect.flow-run.Running", HEARTBEAT],
            [HEARTBEAT, "prefect.flow-run.Paused", *_ENDS],
            windows.running_s,
        ),
        _silent(
            "livecam: a run that never started",
            ["prefect.flow-run.Pending"],
            ["prefect.flow-run.Running", "prefect.flow-run.Scheduled", HEARTBEAT, *_ENDS],
            windows.pending_s,
        ),
        _again(windows.again_s),
    ]


def _silent(name: str, after: list[str], expect: list[str], seconds: int) -> dict[str, Any]:
    """Crash a run of ours that shows none of `expect` within `seconds` of `after`."""
    return {
        "name": name,
        "description": f"Crashes it after {seconds} s, so that its slot is free for the next.",
        "enabled": True,
        "tags": ["livecam"],
        "trigger": {
            "type": "event",
            "posture": "Proactive",
            "match": {"prefect.resource.id": "prefect.flow-run.*"},
            "match_related": _OURS,
            "for_each": ["prefect.resource.id"],
            "after": after,
            "expect": expect,
            "threshold": 1,
            "within": seconds,
        },
        "actions": [
            {
                "type": "change-flow-run-state",
                "state": "CRASHED",
                "name": "Crashed",
                "message": f"No sign of life for {seconds} s: its process or worker is gone.",
            }
        ],
    }


def _again(seconds: int) -> dict[str, Any]:
    """Run a daily flow again some time after it failed; the others come by themselves."""
    return {
        "name": "livecam: a daily run that failed",
        "description": f"Runs it again after {seconds} s.",
        "enabled": True,
        "tags": ["livecam"],
        "trigger": {
            "type": "event",
            "posture": "Reactive",
            "match": {"prefect.resource.id": "prefect.flow-run.*"},
            "match_related": _DAILY,
            "for_each": ["prefect.resource.id"],
            "expect": ["prefect.flow-run.Failed", "prefect.flow-run.Crashed"],
            "threshold": 1,
            "within": 0,
        },
        "actions": [{"type": "run-deployment", "source": "inferred", "schedule_after": seconds}],
    }
