"""backfill: the archive of six cameras by one worker, and by two that share it, each on a core.

A worker takes as many cores as it is given, so that two on the same cores are worth no more than
one. With a core each they are what two machines would be: both come to the same rows, and the ratio
is what the second is worth.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import av
import numpy as np

from edge.errors import BadMedia, MissingPart
from edge.home import Home
from edge.importer import import_files
from flows.catalogue import read
from flows.catalogue.schema import DETECTIONS, EVENTS, MOTION
from flows.settings import FlowSettings
from flows.site import Site, open_site
from flows.stages.ingest import ingest
from flows.stages.upload import spool_of, upload
from infra.bench import Goal, Row

CAMERAS, SEGMENTS, SECONDS, FPS = 6, 4, 5, 5
WIDTH, HEIGHT, SIDE = 640, 360, 80
FIRST_MS = 1_790_000_010_000
# Needs no weights, and takes long enough for the start of a process not to matter.
MODEL = "hog"
COMMAND = (sys.executable, "-m", "infra.cli", "backfill", "--here", "--json")


def rows(folder: Path, say: Callable[[str], None]) -> Iterator[Row]:
    """One row: segments a second by two workers, beside one. Raises MissingPart for one core."""
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        raise MissingPart("two workers want two cores")
    say(f"{CAMERAS * SEGMENTS} segments of {SECONDS} s")
    made = folder / "made"
    _archive(_site(made), folder / "clip.mp4")
    rates, found = [], []
    for workers in (1, 2):
        say(f"{workers} at work")
        home = folder / f"by-{workers}"
        shutil.copytree(made, home)
        rates.append(_rate(home, cores[:workers]))
        found.append(_facts(_site(home)))
    if found[0] != found[1]:
        raise AssertionError("two come to other rows than one")
    goal = Goal(1.5, "ratio", at_least=True)
    yield Row("backfill", rates[1], rates[0], "one worker", "segments/s", goal)


def _site(root: Path) -> Site:
    return open_site(FlowSettings(nodes=("local",)), Home(root))


def _archive(site: Site, clip: Path) -> None:
    from flows.store.folder import FolderStore

    FolderStore(site.home.store).prepare()
    _draw(clip)
    for number in range(CAMERAS):
        spool, start_ms = spool_of(site), FIRST_MS + number
        done = import_files(
            spool, [clip], f"bench{number}", start_ms, SECONDS * 1_000, lambda *_: False
        )
        for refused in done.refused:
            raise BadMedia(str(refused.error))
    upload(site, spool_of(site))
    ingest(site)


def _draw(clip: Path) -> None:
    """A square that crosses a yard all the time, so that each segment is looked at closely."""
    clip.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(clip), "w") as container:
        options = {"preset": "ultrafast", "g": str(2 * FPS)}
        stream = container.add_stream("libx264", rate=FPS, options=options)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for number in range(SEGMENTS * SECONDS * FPS):
            picture = np.full((HEIGHT, WIDTH, 3), 90, np.uint8)
            left = 12 * number % (WIDTH - SIDE)
            picture[HEIGHT - 2 * SIDE :, left : left + SIDE] = 230
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())


def _rate(home: Path, cores: Sequence[int]) -> float:
    """Segments a second until the last of the workers is done, imports left out."""
    running = [_worker(home, core) for core in cores]
    told: list[dict[str, Any]] = [json.loads(one.communicate()[0]) for one in running]
    if sum(one["segments"] for one in told) != CAMERAS * SEGMENTS:
        raise AssertionError(f"not each segment once: {told}")
    return CAMERAS * SEGMENTS / max(float(one["seconds"]) for one in told)


def _worker(home: Path, core: int) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "LIVECAM_HOME": str(home)}
    environment.pop("LIVECAM_CONFIG", None)
    running = subprocess.Popen(
        (*COMMAND, "--model", MODEL, "--rate", "100%"),
        env=environment,
        cwd=home,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    os.sched_setaffinity(running.pid, {core})  # long before it counts its cores
    return running


def _facts(site: Site) -> list[list[tuple[Any, ...]]]:
    """What was found, whoever found it when."""
    frames = (read.rows(site, table) for table in (DETECTIONS, MOTION, EVENTS))
    return [frame.drop("flow_run_id").sort("id").rows() for frame in frames]
