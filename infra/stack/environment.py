"""Prefect's settings, as environments of the processes that `up` starts.

Nothing here reaches a user's own Prefect: home, address and profile are the site's.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from edge.home import Home
from flows import reach

# Workers tell every 5 s that they live: a node that fell silent is shown within 15.
WORKER_HEARTBEAT_S = 5
RUN_HEARTBEAT_S = 30  # the least that Prefect allows


def server(home: Home, auth: str | None = None) -> dict[str, str]:
    """A server of its own, on SQLite under the home, which calls nobody.

    With `auth` it answers only requests and channels that carry that string.
    """
    return {
        **({"PREFECT_SERVER_API_AUTH_STRING": auth} if auth else {}),
        "PREFECT_HOME": str(home.prefect),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
        "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
        "PREFECT_SERVER_LOGGING_LEVEL": "WARNING",
        # Each run that is planned ahead is a row, written and marked; the loop is a minute's.
        "PREFECT_SERVER_SERVICES_SCHEDULER_MAX_RUNS": "20",
        # Each mark is a read and then a write: on SQLite two at once make one fail.
        "PREFECT_SERVER_SERVICES_LATE_RUNS_AFTER_SECONDS": "PT60S",
        "PREFECT_SERVER_SERVICES_LATE_RUNS_LOOP_SECONDS": "30",
        # Else the database grows for ever; 20,000 runs a week are enough to look back on.
        "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "events,flow_runs",
        "PREFECT_SERVER_SERVICES_DB_VACUUM_RETENTION_PERIOD": "P7D",
        "PREFECT_SERVER_EVENTS_RETENTION_PERIOD": "P2D",
    }


def client(home: Home, api: str, auth: str | None = None) -> dict[str, str]:
    """A worker and the runs it starts, or whoever else asks the server at `api`.

    What it fetches ahead of its time holds the deployment's slot: little, then.
    """
    return {
        "PREFECT_HOME": str(home.prefect),
        "PREFECT_API_URL": api,
        **reach.client_environment(auth),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
        "PREFECT_WORKER_HEARTBEAT_SECONDS": str(WORKER_HEARTBEAT_S),
        "PREFECT_WORKER_QUERY_SECONDS": "3",
        "PREFECT_WORKER_PREFETCH_SECONDS": "3",
        "PREFECT_FLOWS_HEARTBEAT_FREQUENCY": str(RUN_HEARTBEAT_S),
        "PREFECT_TELEMETRY_ENABLE_RESOURCE_METRICS": "false",
        # `python` in a deployment's command is this one, on whatever machine it runs.
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
    }
