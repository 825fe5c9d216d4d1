"""record: twenty RTSP cameras recorded by Livecam and by ffmpeg, side by side on the same streams.

The streams are one 1080p30 file of 4.6 Mbit/s, encoded here once and served over RTSP at its
own pace. CPU seconds and memory of each side's whole process tree over the same stretch of time,
once all record: what else the machine does then slows both. Afterwards the pictures in sealed
segments are counted.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

import psutil
import yaml

from infra.bench import Goal, Row
from infra.bench.pictures import Pictures
from infra.bench.streams import FPS, HEIGHT, WIDTH, encode, serving
from infra.stack import process
from infra.waiting import wait_until

CAMERAS, MEASURED_S, WARM_UP_S = 20, 60, 5
START_S = 60  # until all record, on a slow machine
PEER = "ffmpeg -c copy -f segment"


class Side(NamedTuple):
    """One of the two: its commands, where it writes, and where whole files are in the end."""

    name: str
    commands: list[list[str]]
    writes: Path
    keeps: Path


class Cost(NamedTuple):
    """Of all of a side's processes."""

    cpu_s: float
    memory_mb: float


def rows(folder: Path, say: Callable[[str], None]) -> Iterator[Row]:
    """CPU seconds of MEASURED_S seconds, the same as a share, pictures lost, and memory."""
    folder.mkdir(parents=True, exist_ok=True)
    say(f"encoding {WIDTH}x{HEIGHT} at {FPS} pictures a second")
    clip = encode(folder / "camera.mp4", seconds=START_S + WARM_UP_S + MEASURED_S)
    with serving(clip, CAMERAS, folder / "rtsp.log") as urls, ExitStack() as running:
        sides = (_livecam(urls, folder), _ffmpeg(urls, folder))
        say(f"livecam and ffmpeg, {CAMERAS} cameras, {MEASURED_S} s")
        pids = [running.enter_context(_running(side, folder)) for side in sides]
        ours, peer = _measured(pids)
    say("counting pictures")
    lost = [_lost(Pictures(clip), side.keeps) for side in sides]
    yield Row("record", ours.cpu_s, peer.cpu_s, PEER, "CPU-s", Goal(1.3, "ratio"))
    core = [100 * cost.cpu_s / MEASURED_S for cost in (ours, peer)]
    yield Row("record-core", core[0], core[1], PEER, "% of a core", Goal(20, "ours"))
    yield Row("record-lost", lost[0], lost[1], PEER, "pictures", Goal(0, "ours"))
    memory = [cost.memory_mb / CAMERAS for cost in (ours, peer)]
    yield Row("record-memory", memory[0], memory[1], PEER, "MB a camera (PSS)")


def _livecam(urls: Sequence[str], folder: Path) -> Side:
    config = {"cameras": {f"camera{n}": {"source": url} for n, url in enumerate(urls)}}
    path = folder / "livecam.yaml"
    path.write_text(yaml.safe_dump(config))
    command = [sys.executable, "-m", "infra.cli", "--config", str(path), "record"]
    spool = folder / "home" / "spool"
    return Side("livecam", [command], spool, spool / "sealed")


def _ffmpeg(urls: Sequence[str], folder: Path) -> Side:
    target = folder / "ffmpeg"
    target.mkdir()
    words = ["ffmpeg", "-nostdin", "-loglevel", "error", "-rtsp_transport", "tcp"]
    cut = ["-c", "copy", "-f", "segment", "-segment_time", "30", "-segment_atclocktime", "1"]
    cut += ["-reset_timestamps", "1"]
    files = (str(target / f"camera{n}_%03d.mp4") for n in range(len(urls)))
    commands = [[*words, "-i", url, *cut, file] for url, file in zip(urls, files, strict=True)]
    return Side("ffmpeg", commands, target, target)


@contextmanager
def _running(side: Side, folder: Path) -> Iterator[list[int]]:
    """Process ids of what records all cameras; with the block it is asked to end, and ends."""
    mark = f"bench-{folder}-{side.name}"
    environment = {"LIVECAM_HOME": str(folder / "home")}
    log = folder / f"{side.name}.log"
    started = [process.start(command, environment, log, mark) for command in side.commands]
    try:
        wait_until(lambda: len(_files(side.writes)) >= CAMERAS, what=f"{side.name} (see {log})")
        yield [one.pid for one in started]
    finally:
        process.end([process.Target(mark)])
        for one in started:
            one.wait()


def _measured(sides: Sequence[Sequence[int]]) -> list[Cost]:
    """What each side costs in MEASURED_S, from WARM_UP_S on."""
    time.sleep(WARM_UP_S)
    before = [_cpu_s(side) for side in sides]
    time.sleep(MEASURED_S)
    used = [_cpu_s(side) - had for side, had in zip(sides, before, strict=True)]
    return [Cost(cpu_s, _memory_mb(side)) for cpu_s, side in zip(used, sides, strict=True)]


def _files(target: Path) -> dict[str, list[Path]]:
    """The files of each camera, in order of time."""
    found: dict[str, list[Path]] = {}
    for file in sorted([*target.rglob("*.mp4"), *target.rglob("*.part")]):
        found.setdefault(file.name.partition("_")[0], []).append(file)
    return found


def _lost(pictures: Pictures, target: Path) -> int:
    found = _files(target)
    least = (WARM_UP_S + MEASURED_S) * FPS
    return sum(pictures.lost(found.get(f"camera{n}", []), least) for n in range(CAMERAS))


def _cpu_s(pids: Sequence[int]) -> float:
    return float(sum(sum(one.cpu_times()[:4]) for one in _tree(pids)))


def _memory_mb(pids: Sequence[int]) -> float:
    """What is resident, pages that processes share parted among them."""
    return sum(one.memory_full_info().pss for one in _tree(pids)) / 1e6


def _tree(pids: Sequence[int]) -> list[psutil.Process]:
    whole = [psutil.Process(pid) for pid in pids]
    return [*whole, *(child for one in whole for child in one.children(recursive=True))]
