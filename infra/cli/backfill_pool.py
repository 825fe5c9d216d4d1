"""`livecam backfill` where the site's workers do it: asked for, and followed to its end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from edge.errors import LivecamError, Retryable
from flows.runs import Runs
from flows.site import Site
from flows.stages import requests
from flows.stages.analyse import BESIDE, Analysed, Work
from flows.stages.backfill import Backfilled, Stretch, plan
from flows.stages.requests import DEPLOYMENT, POOL, Request
from flows.vision.detector import Detector
from infra.cli import note

EVERY_S = 5


def workers_of(site: Site) -> Runs | None:
    """The Prefect server whose workers can do it; None where none answers."""
    try:
        runs = Runs.of(site.settings, site.home)
        now_ms = site.clock.utc_ms()
        up = [one for one in runs.workers() if one.pool == POOL and not one.is_down(now_ms)]
        deployed = any(one.name == DEPLOYMENT for one in runs.deployments())
    except LivecamError as error:
        note(f"done in this process: {error}")
        return None
    if not up or not deployed:
        note("done in this process: no worker of the hub's pool answers")
        return None
    return runs


def cancel(site: Site, model: str) -> int:
    """End all that is asked for of a model; how many requests that were."""
    found = [one for one in requests.asked(site) if one.model == model]
    for one in found:
        requests.end(site, one)
    return len(found)


def follow(
    site: Site,
    runs: Runs,
    detector: Detector,
    stretch: Stretch,
    tell: Callable[[Backfilled], None],
) -> Backfilled:
    """Ask the workers for it, and show how far they are until nothing is left."""
    request = Request(detector.name, detector.digest, stretch)
    given_up = _given_up(site, detector)
    left = _left(site, detector, stretch)
    done = Backfilled(waiting=left, began_ms=site.clock.monotonic_ms())
    tell(done)
    if left:
        requests.ask(site, request)
    with _stopped(request):
        while left:
            with suppress(Retryable):  # a server that starts again is asked again
                requests.summon(site, runs)
            site.clock.sleep(EVERY_S)
            still = requests.is_asked(site, request)
            before, left = left, _left(site, detector, stretch)
            done.set_aside = sorted(_given_up(site, detector) - given_up)
            done.segments = max(done.waiting - left - len(done.set_aside), 0)
            if left != before:
                tell(done)
            if left and not still:
                hint = "Whoever cancelled it knows why, or the run 'backfill' on Prefect's pages"
                raise Retryable(f"the backfill was ended with {left} segments left", hint=hint)
    requests.end(site, request)
    return done


def _left(site: Site, detector: Detector, stretch: Stretch) -> int:
    return sum(part.segments for part in plan(site, detector, stretch))


def _given_up(site: Site, detector: Detector) -> set[str]:
    return set(Work(site, "", detector, Analysed(), stage=BESIDE).given_up)


@contextmanager
def _stopped(request: Request) -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        note(f"the workers go on; to end it: livecam backfill --model {request.model} --cancel")
        raise
