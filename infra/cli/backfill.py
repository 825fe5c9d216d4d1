"""`livecam backfill`: one model over the archive."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import click

from flows.config_file import whole as config
from infra.cli import note, say
from infra.cli.times import Moment

if TYPE_CHECKING:
    from flows.site import Site
    from flows.stages.backfill import Backfilled, Stretch
    from flows.vision.detector import Detector


class Share(click.ParamType[float]):
    """`50%` as a part of one."""

    name = "share"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        if isinstance(value, float):
            return value
        text = str(value).strip().removesuffix("%")
        if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 100:
            self.fail(f"{value!r} is not a share; write 1% to 100%", param, ctx)
        return int(text) / 100


@click.command()
@click.option("--model", required=True, help="Which, by its name in 'livecam models list'; or hog.")
@click.option("--from", "start_ms", type=Moment(), help="Footage from this time on (ISO 8601).")
@click.option("--to", "end_ms", type=Moment(), help="Footage before this time.")
@click.option("--cameras", default="", help="Only of these, as gate,yard. [default: all]")
@click.option(
    "--order", type=click.Choice(["newest", "oldest"]), default="newest", show_default=True
)
@click.option(
    "--rate",
    type=Share(),
    default="50%",
    show_default=True,
    help="Share of the time at work; the rest is ingest's.",
)
@click.option("--here", is_flag=True, help="In this process, whatever workers there are.")
@click.option("--cancel", is_flag=True, help="Ask no worker for this model any more.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def backfill(
    model: str,
    start_ms: int | None,
    end_ms: int | None,
    cameras: str,
    order: str,
    rate: float,
    here: bool,
    cancel: bool,
    as_json: bool,
) -> None:
    """Let a model look at stored footage that it has not seen.

    Workers of the site's pool do it, where there are any: this command then shows how far they
    are, and stopping it stops nothing (--cancel does). Else, or with --here, it is done in this
    process, which may be stopped at any time. Either way a second start goes on where the first
    was. Nothing that is shown changes until 'livecam models promote'.

    Example: livecam backfill --model yolox-s --from 2026-11-01 --cameras gate --rate 30%
    """
    from flows.site import open_site
    from flows.stages.backfill import Stretch
    from flows.stages.chosen import Detectors
    from infra.cli import backfill_pool as pool
    from infra.cli.models_promote import listed

    site = open_site(config.load().flows)
    if cancel:
        note(f"cancelled {pool.cancel(site, model)}; what was found stays")
        return
    newest, now_ms = order == "newest", site.clock.utc_ms()
    stretch = Stretch(start_ms, end_ms, tuple(listed(cameras)), newest, rate, now_ms)
    detector = Detectors(site).named(model)
    began_ms = site.clock.monotonic_ms()
    runs = None if here else pool.workers_of(site)
    if runs is None:
        done = _here(site, detector, stretch)
    else:
        done = pool.follow(site, runs, detector, stretch, lambda told: note(line(told, _now(site))))
    row = _told(detector, done) | {"seconds": round((_now(site) - began_ms) / 1_000, 3)}
    if as_json:
        say(row)
    else:
        click.echo(", ".join(f"{name} {value}" for name, value in row.items()))
    for one in done.set_aside:
        note(f"set aside for {model}: {one}; 'livecam replay' lets it be tried again")


def _told(detector: Detector, done: Backfilled) -> dict[str, Any]:
    return {
        "model": detector.name,
        "sha256": detector.digest,
        "segments": done.segments,
        "failed": done.failed,
        "set_aside": len(done.set_aside),
    }


def _here(site: Site, detector: Detector, stretch: Stretch) -> Backfilled:
    from flows.stages.backfill import backfill as work

    def tell(done: Backfilled) -> None:
        note(line(done, _now(site)))

    return work(site, f"backfill-{uuid.uuid4()}", detector, stretch, progress=tell)


def _now(site: Site) -> int:
    return site.clock.monotonic_ms()


def line(done: Backfilled, now_ms: int) -> str:
    """`120 of 2880 segments (4 %), about 12 min left`."""
    if not done.waiting:
        return "nothing waits for this model"
    percent = 100 * done.over // done.waiting
    left_s = done.left_s(now_ms)
    rest = "" if left_s is None else f", about {_span(left_s)} left"
    return f"{done.over} of {done.waiting} segments ({percent} %){rest}"


def _span(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7_200 else f"{seconds / 3_600:.1f} h"
