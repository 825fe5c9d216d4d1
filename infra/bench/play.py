"""serve-stalls: twenty players at once, each a camera in real time, from MinIO by ranges.

Each asks for its playlist, then for one range after another as hls.js does: from the gateway, which
signs, and then from where it sends them. A range that comes after what was fetched before it has
been played is a stall.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import quantiles
from urllib.parse import urljoin

import httpx

from edge.clock import to_iso
from infra.bench import Goal, Row
from infra.bench.stored import FIRST_MS, played
from infra.bench.streams import encode

PLAYERS, PLAYED_S, SEGMENT_S = 20, 40, 20
AHEAD_S = 10.0  # of footage in hand, a player waits
_PIECE = re.compile(r"#EXTINF:([\d.]+),.*?#EXT-X-BYTERANGE:(\d+)@(\d+)\n(\S+)", re.DOTALL)


def rows(folder: Path, say: Callable[[str], None]) -> Iterator[Row]:
    """How often any of them stalled, and how long a range took at the 95th percentile."""
    folder.mkdir(parents=True, exist_ok=True)
    clip = encode(folder / "clip.mp4", PLAYED_S)
    say(f"{PLAYERS} cameras' footage into MinIO")
    cameras = {f"camera-{number:02}": [clip] for number in range(PLAYERS)}
    with played(folder, cameras, SEGMENT_S * 1_000) as address:
        say(f"{PLAYERS} players for {PLAYED_S} s")
        players = asyncio.run(_all(address))
    took = [ms for one in players for ms in one.took_ms]
    stalls, mbit = sum(one.stalls for one in players), sum(one.bytes for one in players) / 125_000
    more = {"mbit_per_s": mbit / PLAYED_S, "range_p95_ms": quantiles(took, n=20)[-1]}
    yield Row("serve-stalls", stalls, None, None, "stalls", Goal(0, "ours"), more)


class _Player:
    """One that plays in real time."""

    def __init__(self, http: httpx.AsyncClient, camera: str) -> None:
        self._http, self._camera = http, camera
        self.took_ms: list[float] = []
        self.bytes = self.stalls = 0

    async def play(self) -> None:
        """All of it."""
        end_ms = FIRST_MS + PLAYED_S * 1_000
        when = {"start": to_iso(FIRST_MS), "end": to_iso(end_ms)}
        at = f"/api/v1/playlists/{self._camera}.m3u8"
        answer = (await self._http.get(at, params=when)).raise_for_status()
        pieces = _PIECE.findall(answer.text)
        if len(pieces) < PLAYED_S // SEGMENT_S:
            raise AssertionError(f"no playlist: {answer.text[:200]}")
        # Until when what was fetched lasts, once playing has begun.
        lasts = 0.0
        for seconds, size, offset, address in pieces:
            await self._range(urljoin(str(answer.url), address), int(offset), int(size))
            now = time.perf_counter()
            self.stalls += 0 < lasts < now
            lasts = max(lasts, now) + float(seconds)
            await asyncio.sleep(max(lasts - now - AHEAD_S, 0))

    async def _range(self, address: str, offset: int, size: int) -> None:
        began = time.perf_counter()
        asked = {"Range": f"bytes={offset}-{offset + size - 1}"}
        data = (await self._http.get(address, headers=asked)).raise_for_status().content
        self.took_ms.append((time.perf_counter() - began) * 1_000)
        if len(data) != size:
            raise AssertionError(f"{len(data)} bytes of {size}")
        self.bytes += size


async def _all(address: str) -> list[_Player]:
    async with httpx.AsyncClient(
        base_url=address, timeout=60, trust_env=False, follow_redirects=True
    ) as http:
        players = [_Player(http, f"camera-{number:02}") for number in range(PLAYERS)]
        await asyncio.gather(*(one.play() for one in players))
    return players
