"""kill -9 at random moments (E4), by hand: `python -m tests.edge.kill --times 100`."""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path

from edge.clock import from_iso
from edge.spool import SealedSegment
from infra.stack.ports import Ports
from tests.edge.recording import Record, assert_tiles, marks
from tests.servers import rtsp_server
from tests.servers.process import wait_until

CAMERAS = {"gate": "scene:", "yard": "scene:?fps=10&size=320x176"}
ALLOWED_MS = 2_000


@dataclass(frozen=True)
class Outcome:
    """What was left after so many kills; `worst_ms` of received media is in no segment."""

    kills: int
    segments: int
    recovered: int
    quarantined: int
    broken: int
    worst_ms: int


def torture(home: Path, times: int, seed: int, cameras: Mapping[str, str] = CAMERAS) -> Outcome:
    """Kill a recorder `times` times; raises AssertionError where a law does not hold."""
    chance = random.Random(seed)
    recorder = Record(home, cameras, segment="5s")
    killed = [_one_life(recorder, chance) for _ in range(times)]
    try:
        had = _connected(recorder)
        recorder.start()
        _wait_connected(recorder, had + len(cameras))
        assert recorder.stop() == 0
    finally:
        recorder.kill()
    return _judge(recorder, killed)


def _one_life(recorder: Record, chance: random.Random) -> dict[str, tuple[int, int]]:
    """Start, kill after a while: by camera, when it was last known to connect, and the kill."""
    had = _connected(recorder)
    told = recorder.log.read_text().splitlines() if recorder.log.exists() else []
    recorder.start()
    # Now and then before anything was recorded, or while the last recovery runs.
    if chance.random() < 0.9:
        _wait_connected(recorder, had + len(recorder.cameras))
    time.sleep(chance.uniform(0, 5))
    at = _now_ms()
    recorder.kill()
    lines = recorder.log.read_text().splitlines()[len(told) :]
    return {camera: (_connected_ms(lines, camera) or at, at) for camera in recorder.cameras}


def _connected_ms(lines: list[str], camera: str) -> int | None:
    """When a life's log says that a camera was connected; before, nothing was received."""
    for line in lines:
        if line.endswith(f" {camera}: connected"):
            day, moment = line.split(" ")[:2]
            return from_iso(f"{day}T{moment.replace(',', '.')}Z")
    return None


def _connected(recorder: Record) -> int:
    return recorder.log.read_text().count(": connected") if recorder.log.exists() else 0


def _wait_connected(recorder: Record, count: int) -> None:
    wait_until(lambda: _connected(recorder) >= count, seconds=60, what="cameras")


def _judge(recorder: Record, killed: list[dict[str, tuple[int, int]]]) -> Outcome:
    losses: list[int] = []
    segments = recorder.spool.sealed()
    for camera in recorder.cameras:
        assert_tiles(recorder.account(camera))
        sealed = recorder.segments(camera)
        times = _drawn(sealed) if camera in CAMERAS else [item.segment.end_ms for item in sealed]
        for life in killed:
            began, at = life[camera]
            last = max((t for t in times if t <= at), default=began)
            losses.append(at - max(last, began))
    check = recorder.spool.check()["E1"]
    quarantine = list((recorder.home / "spool" / "quarantine").glob("*"))
    assert not check.broken
    worst_ms = max(losses)
    assert worst_ms <= ALLOWED_MS, f"ms of received media in no segment: {sorted(losses)[-9:]}"
    return Outcome(
        kills=len(killed),
        segments=len(segments),
        recovered=sum(item.segment.recovered for item in segments),
        quarantined=len(quarantine),
        broken=check.broken,
        worst_ms=worst_ms,
    )


def _drawn(sealed: list[SealedSegment]) -> list[int]:
    """When each stored picture of a drawn camera was drawn; raises where one is missing."""
    seen = [marks(item.path) for item in sealed]
    for found in seen:
        # A drawn camera that is half a second behind skips; a recorder loses single ones.
        assert all(not 1 < b.frame - a.frame < 4 for a, b in pairwise(found))
        assert all(b.frame > a.frame for a, b in pairwise(found))
    return [mark.utc_ms for found in seen for mark in found]


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


@contextmanager
def _rtsp_cameras(folder: Path) -> Iterator[dict[str, str]]:
    with closing(Ports()) as ports:
        port = ports.free(8554)
        mounts = {
            "/short": rtsp_server.drawn(width=320, height=176),
            "/long": rtsp_server.drawn(width=320, height=176, gop=120),
        }
        server = rtsp_server.prepare(port, mounts, folder, None, None)
        server.start()
        try:
            yield {path[1:]: server.url(path) for path in mounts}
        finally:
            server.stop()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=100)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--rtsp", action="store_true", help="beside them two RTSP cameras")
    asked = parser.parse_args()
    seed = asked.seed if asked.seed is not None else random.randrange(2**32)
    with tempfile.TemporaryDirectory() as home, ExitStack() as stack:
        cameras = dict(CAMERAS)
        if asked.rtsp:
            cameras |= stack.enter_context(_rtsp_cameras(Path(home)))
        outcome = torture(Path(home) / "node", asked.times, seed, cameras)
    sys.stdout.write(json.dumps({"seed": seed, **asdict(outcome)}) + "\n")


if __name__ == "__main__":
    main()
