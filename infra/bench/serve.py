"""serve: what the gateway answers in a second, and how soon, over thirty days of twenty cameras.

1,728,000 segments, as many events and three times as many detections. Clients and gateway share
this machine's cores.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import quantiles
from typing import Any

import httpx

from edge.clock import SystemClock, to_iso
from edge.home import Home
from flows.catalogue.schema import DETECTIONS, EVENTS, SEGMENTS
from flows.settings import FlowSettings
from flows.site import Site
from flows.store.folder import FolderStore
from infra.bench import Goal, Row, months
from infra.bench.gateway import gateway
from infra.bench.months import A_DAY, CAMERAS, DAY_MS, FIRST_MS, LABEL, camera_and_day
from infra.bench.search import p95

DAYS, CLIENTS, ASKING_S, SEARCHES = 30, 100, 15.0, 40
HOUR_MS = 3_600_000
GOAL_MS = 300


def rows(folder: Path, say: Callable[[str], None]) -> Iterator[Row]:
    """Playlists a second, and the p95 in ms of these and of searches."""
    home = Home(folder)
    site = Site(FlowSettings(), home, FolderStore(home.store), SystemClock())
    site.store.prepare()  # type: ignore[attr-defined]
    say(f"writing {CAMERAS * DAYS * A_DAY:,} segments and what was found in them")
    for day in range(DAYS):
        months.write(site, SEGMENTS, months.segments(day))
        months.write(site, EVENTS, months.events(day))
        months.write(site, DETECTIONS, months.detections(day))
    with gateway(home) as address:
        say(f"{CLIENTS} clients ask for playlists")
        yield from _playlists(address)
        say("searching")
        yield from _searches(address)


def _playlists(address: str) -> Iterator[Row]:
    times = asyncio.run(_many(address))
    yield Row("serve-playlists", len(times) / ASKING_S, None, None, "playlists/s")
    yield Row(
        "serve-playlists-p95", quantiles(times, n=20)[-1], None, None, f"ms, {CLIENTS} clients"
    )


async def _many(address: str) -> list[float]:
    """How long each of CLIENTS waited (ms), again and again, for an hour's playlist."""
    until = time.perf_counter() + ASKING_S
    limits = httpx.Limits(max_connections=CLIENTS)
    async with httpx.AsyncClient(
        base_url=address, limits=limits, timeout=60, trust_env=False
    ) as http:
        each = await asyncio.gather(*(_asks(http, seed, until) for seed in range(CLIENTS)))
    return [ms for one in each for ms in one]


async def _asks(http: httpx.AsyncClient, seed: int, until: float) -> list[float]:
    chance, times = random.Random(seed), list[float]()
    while time.perf_counter() < until:
        camera = f"camera-{chance.randrange(CAMERAS):02}"
        start_ms = FIRST_MS + chance.randrange(DAYS * 24) * HOUR_MS
        when = {"start": to_iso(start_ms), "end": to_iso(start_ms + HOUR_MS)}
        began = time.perf_counter()
        answer = await http.get(f"/api/v1/playlists/{camera}.m3u8", params=when)
        times.append((time.perf_counter() - began) * 1_000)
        if answer.text.count("#EXTINF") < HOUR_MS // months.SEGMENT_MS:
            raise AssertionError(f"no hour's playlist: {answer.status_code} {answer.text[:200]}")
    return times


def _searches(address: str) -> Iterator[Row]:
    month = {"from": to_iso(FIRST_MS), "to": to_iso(FIRST_MS + DAYS * DAY_MS), "limit": 100}
    with httpx.Client(base_url=address, timeout=60, trust_env=False) as http:

        def label(_: int) -> int:
            return _found(http, "events", {**month, "label": LABEL})

        def day(number: int) -> int:
            camera, start_ms = camera_and_day(number, DAYS)
            when = {"from": to_iso(start_ms), "to": to_iso(start_ms + DAY_MS), "limit": 1_000}
            return _found(http, "segments", {"camera": camera, **when})

        goal = Goal(GOAL_MS, "ours")
        yield Row("serve-search-label", p95(label, SEARCHES), None, None, "ms p95", goal)
        yield Row("serve-search-day", p95(day, SEARCHES), None, None, "ms p95", goal)


def _found(http: httpx.Client, what: str, asked: dict[str, Any]) -> int:
    answer = http.get(f"/api/v1/{what}", params=asked)
    answer.raise_for_status()
    return len(answer.json()[what])
