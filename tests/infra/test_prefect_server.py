"""Prefect's server on SQLite: many who write at once are all served."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import httpx

from tests.servers.prefect_server import PrefectServer

POOLS, WORKERS, TIMES = 4, 8, 10


def test_workers_that_report_all_at_once_are_all_heard(prefect_server: PrefectServer) -> None:
    with httpx.Client(base_url=prefect_server.url, timeout=100) as client:
        for number in range(POOLS):
            client.post("/work_pools/", json={"name": f"pool{number}", "type": "process"})

    def report(worker: int) -> set[int]:
        pool = f"/work_pools/pool{worker % POOLS}"
        with httpx.Client(base_url=prefect_server.url, timeout=100) as client:
            told = [
                answer.status_code
                for time in range(TIMES)
                for answer in (
                    client.post(f"{pool}/workers/heartbeat", json={"name": f"worker{worker}"}),
                    client.patch(pool, json={"description": f"{worker}: {time}"}),
                )
            ]
        return set(told)

    with ThreadPoolExecutor(WORKERS) as threads:
        assert set().union(*threads.map(report, range(WORKERS))) == {204}
    assert "database is locked" not in prefect_server.log.read_text()
