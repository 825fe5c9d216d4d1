"""A second model over a day of footage while more comes in; worker, run and server killed.

Of each segment there is one analysis a model in the end, what came meanwhile is all there, and
which model answers goes back and forth without anything computed anew.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from edge.errors import MissingPart
from edge.segment import Segment
from edge.spool import Spool
from flows.settings import parse
from flows.site import Site, open_site
from flows.stages import requests
from flows.stages.drain import drain
from flows.stages.upload import upload
from flows.vision.models import FASTESTDET, find
from flows.vision.registry import HOG
from infra.faults import backfill_judge as judge
from infra.faults.archive import MINUTE_MS, Kind, chosen, minutes
from infra.faults.footage import Shared
from infra.faults.hub import SERVER, WORKER, Hub
from infra.faults.verdict import Say, Verdict
from infra.waiting import wait_until

CAMERAS = tuple(f"camera{n}" for n in range(6))
PATIENCE_S, SETTLED_S = 7_200, 900
FEED_EVERY_S = 5.0
LOOK_EVERY_S = 2.0  # each look at the tables is work, too
# The archive ends so long ago that what comes in the meantime never overtakes the clock.
_AGO_MS = 12 * 3_600_000


def run(folder: Path, *, seed: int, hours: float, workers: int, rate: str, say: Say) -> Verdict:
    """So many camera-hours by so many workers, killed at moments that the seed chooses.

    Raises MissingPart without FastestDet: HOG would be the site's own, and nothing is second.
    """
    verdict, chance = Verdict("backfill", seed), random.Random(seed)
    hub = Hub(folder, "site: torture\n")
    if find(hub.home.models) is None:
        raise MissingPart(f"{FASTESTDET.name} is not here", hint="'livecam models pull' fetches it")
    site = open_site(parse({}), hub.home)
    feed = _Feed(site, minutes(folder / "minutes"), chance)
    with _timed(verdict, "archive_s"):
        archive = feed.archive(hours)
        say(f"{FASTESTDET.name} looks at {len(archive)} segments")
        drain(site)
    models = judge.Models(site, own=FASTESTDET.name, other=HOG)
    others = [f"worker{n}" for n in range(2, workers + 1)]
    with hub.up(), hub.joined(site, others):
        before = judge.answers(hub, feed.began_ms)
        with _timed(verdict, "backfill_s"):
            _backfilled(hub, models, feed, _Kills(hub, chance, len(archive), say), rate, verdict)
        say(f"{len(feed.came)} segments came meanwhile")
        with _timed(verdict, "settled_s"):
            _settle(models, feed)
        say("judging")
        ids, came = {one.id for one in archive}, {one.id for one in feed.came}
        judge.rows(models, ids, came, verdict)
        judge.pointers(hub, models, feed.began_ms, before, verdict)
        judge.laws(site, verdict)
    verdict.figures |= {"camera_hours": hours, "workers": workers}
    verdict.figures |= {"segments": len(archive), "arrived": len(feed.came)}
    return verdict


@contextmanager
def _timed(verdict: Verdict, figure: str) -> Iterator[None]:
    began = time.monotonic()
    yield
    verdict.figures[figure] = round(time.monotonic() - began, 1)


@dataclass(slots=True)
class _Feed:
    """Footage as it comes: an archive first, then a minute every few seconds."""

    site: Site
    made: Mapping[Kind, Shared]
    chance: random.Random
    began_ms: int = 0
    came: list[Segment] = field(default_factory=list)
    _next: float = 0.0

    def archive(self, hours: float) -> list[Segment]:
        """So many camera-hours in the spool, up to `began_ms`."""
        each = round(hours * 60 / len(CAMERAS))
        self.began_ms = (self.site.clock.utc_ms() - _AGO_MS) // MINUTE_MS * MINUTE_MS
        return [self._seal(camera, n) for n in range(-each, 0) for camera in CAMERAS]

    def tick(self) -> None:
        """The next minute of some camera, where it is time for one."""
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + FEED_EVERY_S
        number, camera = divmod(len(self.came), len(CAMERAS))
        self.came.append(self._seal(CAMERAS[camera], number))
        upload(self.site, self._spool)

    @property
    def _spool(self) -> Spool:
        return Spool(self.site.home.spool, "local", self.site.clock)

    def _seal(self, camera: str, number: int) -> Segment:
        start_ms = self.began_ms + number * MINUTE_MS
        return chosen(self.made, self.chance).seal(self._spool, camera, start_ms)


class _Kills:
    """Worker, flow run and server, each once, in an order and at moments that chance chooses."""

    def __init__(self, hub: Hub, chance: random.Random, segments: int, say: Say) -> None:
        ways: Mapping[str, Callable[[], bool]] = {
            "worker": lambda: hub.kill(WORKER),
            "run": lambda: hub.kill_runs(requests.DEPLOYMENT),
            "server": lambda: hub.kill(SERVER),
        }
        order = chance.sample(list(ways), len(ways))
        # Apart, so that work is done in between.
        due = {name: (n + chance.uniform(0.2, 0.8)) / len(ways) for n, name in enumerate(order)}
        self._left = [(round(at * segments), name, ways[name]) for name, at in due.items()]
        self._say, self.done = say, dict[str, int]()

    def tick(self, over: int) -> None:
        """Kill what is due once so many segments are done with."""
        if self._left and over >= self._left[0][0] and self._left[0][2]():
            _, name, _ = self._left.pop(0)
            self.done[name] = over
            self._say(f"{over} segments are done: the {name} is killed")


def _backfilled(
    hub: Hub, models: judge.Models, feed: _Feed, kills: _Kills, rate: str, verdict: Verdict
) -> None:
    """Ask for it as somebody would, and see it to its end."""
    command = hub.begin("backfill", "--model", models.other, "--rate", rate, "--json")
    deadline = time.monotonic() + PATIENCE_S
    try:
        while command.poll() is None and time.monotonic() < deadline:
            feed.tick()
            kills.tick(len(judge.looked(models.site, models.other)))
            time.sleep(LOOK_EVERY_S)
    finally:
        command.terminate()
        command.communicate(timeout=60)
    verdict.hold(command.returncode == 0, f"backfill ended with {command.returncode}: {hub.said()}")
    verdict.hold(len(kills.done) == 3, f"not all were killed: {kills.done}")
    verdict.figures |= {f"{name}_killed_at": over for name, over in kills.done.items()}


def _settle(models: judge.Models, feed: _Feed) -> None:
    """Wait until what came meanwhile is taken in, and the site's own model has looked at it."""
    wanted = {one.id for one in feed.came}
    wait_until(
        lambda: wanted <= set(judge.looked(models.site, models.own)),
        seconds=SETTLED_S,
        what="an analysis of what came meanwhile",
    )
