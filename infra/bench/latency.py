"""latency: how long after its last picture a segment is sealed, and how long until it is found.

A whole site as `livecam up` starts it, with its own schedules, in a home of its own: six drawn
cameras, segments of 10 s, the folder store. The spool and the catalogue are looked into four
times a second; what was sealed while the site started is left out.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import yaml

from edge.clock import SystemClock, to_ms
from edge.home import Home
from edge.spool import Spool
from flows.catalogue import read
from flows.settings import parse
from flows.site import Site, open_site
from infra.bench import Goal, Row
from infra.stack import process
from infra.waiting import wait_until

CAMERAS, MEASURED_S, LOOK_S = 6, 150, 0.25
START_S = 240  # until the first segment is found, on a slow machine
DRAWN = "scene:?fps=10&size=320x176"
Seen = dict[str, float]  # seconds from a segment's end until it was seen, by its id


def rows(folder: Path, say: Callable[[str], None]) -> Iterator[Row]:
    """The 95th percentile of each, in seconds; nobody to compare with."""
    folder.mkdir(parents=True, exist_ok=True)
    home, names = Home(folder / "home"), [f"camera{n}" for n in range(CAMERAS)]
    document = {"record": {"segment": "10s"}, "cameras": {n: {"source": DRAWN} for n in names}}
    path = folder / "livecam.yaml"
    path.write_text(yaml.safe_dump(document))
    mark, log = f"bench-{folder}-latency", folder / "up.log"
    say(f"a site of {CAMERAS} cameras starts")
    command = [sys.executable, "-m", "infra.cli", "--config", str(path), "up"]
    up = process.start(command, {"LIVECAM_HOME": str(home.root)}, log, mark)
    try:
        site = open_site(parse(document), home)
        wait_until(
            lambda: bool(_found(site)), what=f"the first segment (see {log})", seconds=START_S
        )
        say(f"looking for {MEASURED_S} s")
        sealed, searchable = _watch(site, Spool(home.spool, "local", SystemClock()), names)
    finally:
        process.end([process.Target(mark)])
        up.wait()
    yield Row("latency-sealed", _p95(sealed), None, None, "s after", Goal(1.5, "ours"))
    yield Row("latency-searchable", _p95(searchable), None, None, "s after", Goal(90, "ours"))


def _watch(site: Site, spool: Spool, names: list[str]) -> tuple[Seen, Seen]:
    sealed: Seen = {}
    searchable: Seen = {}
    before = {*_sealed(spool, names), *_found(site)}
    until = time.monotonic() + MEASURED_S
    while time.monotonic() < until:
        for seen, ends in ((sealed, _sealed(spool, names)), (searchable, _found(site))):
            now_ms = SystemClock().utc_ms()
            for id_, end_ms in ends.items():
                if id_ not in before:
                    seen.setdefault(id_, (now_ms - end_ms) / 1000)
        time.sleep(LOOK_S)
    return sealed, searchable


def _sealed(spool: Spool, names: list[str]) -> dict[str, int]:
    newest = (spool.newest(name) for name in names)
    return {segment.id: segment.end_ms for segment in newest if segment is not None}


def _found(site: Site) -> dict[str, int]:
    found = read.segments(site, columns=("id", "end_utc"))
    return {row["id"]: to_ms(row["end_utc"]) for row in found.iter_rows(named=True)}


def _p95(seen: Seen) -> float:
    told = sorted(seen.values())
    return told[int(len(told) * 0.95)]
