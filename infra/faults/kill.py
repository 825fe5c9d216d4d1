"""kill -9 of recorder and camera processes at random moments (E4): what it costs, what is left."""

from __future__ import annotations

import os
import random
import re
import signal
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from edge.clock import from_iso
from edge.segment import Gap, Segment
from edge.spool import SealedSegment
from infra.faults import footage, rtsp_cameras
from infra.faults.recording import Record, marks
from infra.faults.verdict import Say, Verdict
from infra.waiting import wait_until

ALLOWED_MS = 2_000
DRAWN = {"gate": "scene:?fps=10&size=320x176", "yard": "scene:?fps=10&size=160x120"}
_WHOLE = 10  # one kill in so many is of the recorder with all of its cameras
# Who ends sooner is started again later and later.
_GROWN_S = 5.5
_CONNECTED = re.compile(r"(\S+) (\S+),(\d+) \w+ ([a-z0-9-]+): connected$")


@dataclass
class _Lives:
    """When each camera's process was killed; `kills` counts those of the recorder as one."""

    kills: int = 0
    killed_ms: dict[str, list[int]] = field(default_factory=dict)
    born: dict[str, float] = field(default_factory=dict)

    def end(self, cameras: Sequence[str]) -> None:
        """Just before the kill, so that what comes after it is no loss."""
        self.kills += 1
        at = time.time_ns() // 1_000_000
        for camera in cameras:
            self.killed_ms.setdefault(camera, []).append(at)
            self.born[camera] = time.monotonic()


def run(folder: Path, *, seed: int, times: int, cameras: int, rtsp: bool, say: Say) -> Verdict:
    """Kill `times` times while so many cameras record; `rtsp`: two more, over the network."""
    verdict, chance = Verdict("kill", seed), random.Random(seed)
    with ExitStack() as stack:
        sources = _sources(folder, cameras)
        if rtsp:
            sources |= stack.enter_context(rtsp_cameras.serving(folder))
        recorder, lives = Record(folder / "node", sources, segment="5s"), _Lives()
        try:
            _torture(recorder, lives, chance, times, say)
        finally:
            recorder.kill()
    say("judging")
    _judge(recorder, lives, verdict)
    return verdict


def _sources(folder: Path, count: int) -> dict[str, str]:
    """Two drawn cameras, whose every picture is known; the rest play a clip, which costs little."""
    sources = dict(list(DRAWN.items())[:count])
    if count > len(DRAWN):
        clip = footage.clip(folder / "clip.mp4", seconds=20, fps=10, gop=10, size=(160, 128))
        sources |= {f"clip{n}": f"clip:{clip}" for n in range(count - len(DRAWN))}
    return sources


def _torture(recorder: Record, lives: _Lives, chance: random.Random, times: int, say: Say) -> None:
    while lives.kills < times:
        recorder.start()
        lives.born = dict.fromkeys(recorder.cameras, time.monotonic())
        # Now and then before anything was recorded, or while the last recovery runs.
        if chance.random() < 0.9:
            _wait_connected(recorder, recorder.cameras)
        while lives.kills % _WHOLE < _WHOLE - 1 and lives.kills < times - 1:
            _kill_one(recorder, lives, chance)
        time.sleep(chance.uniform(0, 5))
        lives.end(recorder.cameras)
        recorder.kill()
        say(f"{lives.kills} kills")
    recorder.start()
    _wait_connected(recorder, recorder.cameras)
    if recorder.stop() != 0:
        raise AssertionError("the recorder did not end in good order")


def _kill_one(recorder: Record, lives: _Lives, chance: random.Random) -> None:
    """Kill one camera's process: as a rule one that has run for a while, sometimes any."""
    now, any_age = time.monotonic(), chance.random() < 0.1
    pids = recorder.pids()
    grown = [c for c in pids if any_age or now - lives.born[c] > _GROWN_S]
    if not grown:
        time.sleep(0.1)
        return
    camera = chance.choice(sorted(grown))
    lives.end([camera])
    os.kill(pids[camera], signal.SIGKILL)
    time.sleep(chance.uniform(0, 2 * _GROWN_S / len(recorder.cameras)))


def _wait_connected(recorder: Record, cameras: Sequence[str]) -> None:
    since = time.time_ns() // 1_000_000

    def ready() -> bool:
        newest = {camera: times[-1] for camera, times in _connected(recorder).items()}
        return all(newest.get(camera, 0) >= since for camera in cameras)

    wait_until(ready, seconds=60 + 5 * len(cameras), what="cameras")


def _connected(recorder: Record) -> Mapping[str, list[int]]:
    """When each camera said that it was connected; before that it received nothing."""
    found: dict[str, list[int]] = {}
    if recorder.log.exists():
        for line in recorder.log.read_text(errors="replace").splitlines():
            if match := _CONNECTED.search(line):
                day, moment, ms, camera = match.groups()
                found.setdefault(camera, []).append(from_iso(f"{day}T{moment}.{ms}Z"))
    return found


def _judge(recorder: Record, lives: _Lives, verdict: Verdict) -> None:
    connected = _connected(recorder)
    sealed = recorder.spool.sealed()
    losses: list[int] = []
    unexplained_ms = 0
    for camera in recorder.cameras:
        own = [item for item in sealed if item.segment.camera == camera]
        stored = _drawn(own, verdict) if camera in DRAWN else [i.segment.end_ms for i in own]
        losses += _losses(lives.killed_ms.get(camera, []), connected.get(camera, []), stored)
        unexplained_ms += _unexplained(recorder.account(camera))
    _judge_sealed(recorder, sealed, verdict)
    worst = sorted(losses)[-9:]
    verdict.hold(worst[-1] <= ALLOWED_MS, f"ms of received media in no segment: {worst}")
    verdict.hold(unexplained_ms == 0, f"{unexplained_ms} ms in no segment or gap, or in two")
    verdict.figures |= {
        "kills": lives.kills,
        "cameras": len(recorder.cameras),
        "lives_ended": len(losses),
        "worst_ms": worst[-1],
        "median_ms": sorted(losses)[len(losses) // 2],
        "unexplained_s": unexplained_ms / 1000,
    }


def _losses(killed: Sequence[int], connected: Sequence[int], stored: Sequence[int]) -> list[int]:
    """How much of what was received before each kill is in no segment, in ms."""
    found = []
    for before, at in pairwise([0, *killed]):
        began = max((t for t in connected if before < t <= at), default=at)
        last = max((t for t in stored if t <= at), default=began)
        found.append(at - max(last, began))
    return found


def _unexplained(items: Sequence[Segment | Gap]) -> int:
    """E3: how many ms are in no item, or in more than one."""
    return sum(abs(after.start_ms - before.end_ms) for before, after in pairwise(items))


def _judge_sealed(recorder: Record, sealed: list[SealedSegment], verdict: Verdict) -> None:
    """Nothing sealed is lost: what was ever told is here, and every byte is its digest's."""
    here = {item.segment.id for item in sealed}
    lost = [row["id"] for row in recorder.rows() if row["kind"] == "segment"]
    lost = [name for name in lost if name not in here]
    check = recorder.spool.check()["E1"]
    verdict.hold(not lost, f"sealed and lost: {lost[:9]}")
    verdict.hold(not check.broken, f"not what their sidecars say: {check.keys[:9]}")
    verdict.figures |= {
        "segments": len(sealed),
        "recovered": sum(item.segment.recovered for item in sealed),
        "quarantined": len(list((recorder.home / "spool" / "quarantine").glob("*"))),
        "sealed_lost": len(lost) + check.broken,
    }


def _drawn(sealed: Sequence[SealedSegment], verdict: Verdict) -> list[int]:
    """When each stored picture of a drawn camera was drawn."""
    seen = [marks(item.path) for item in sealed]
    for item, found in zip(sealed, seen, strict=True):
        # A drawn camera that is half a second behind skips; a recorder loses single ones.
        whole = all(not 1 < b.frame - a.frame < 4 for a, b in pairwise(found))
        rising = all(b.frame > a.frame for a, b in pairwise(found))
        verdict.hold(whole and rising, f"{item.segment.id} misses pictures")
    return [mark.utc_ms for found in seen for mark in found]
