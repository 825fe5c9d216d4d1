"""`livecam backfill`: one model over the archive."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import click

from infra import config
from infra.cli import note, say
from infra.cli.times import Moment

if TYPE_CHECKING:
    from flows.stages.backfill import Backfilled


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
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def backfill(
    model: str,
    start_ms: int | None,
    end_ms: int | None,
    cameras: str,
    order: str,
    rate: float,
    as_json: bool,
) -> None:
    """Let a model look at stored footage that it has not seen, in this process.

    It can be stopped at any time and started again: it goes on where it was. Several at once,
    here or on other machines of the site, share the work. Nothing that is shown changes until
    'livecam models promote'.

    Example: livecam backfill --model yolox-s --from 2026-11-01 --cameras gate --rate 30%
    """
    from flows.site import open_site
    from flows.stages.backfill import Stretch
    from flows.stages.backfill import backfill as work
    from flows.stages.chosen import Detectors
    from infra.cli.models_promote import listed

    site = open_site(config.load().flows)
    stretch = Stretch(start_ms, end_ms, tuple(listed(cameras)), order == "newest", rate)
    detector = Detectors(site).named(model)
    began_ms = site.clock.monotonic_ms()

    def tell(done: Backfilled) -> None:
        note(line(done, site.clock.monotonic_ms()))

    done = work(site, f"backfill-{uuid.uuid4()}", detector, stretch, progress=tell)
    row = {
        "model": detector.name,
        "sha256": detector.digest,
        "segments": done.segments,
        "failed": done.failed,
        "set_aside": len(done.set_aside),
        "seconds": round((site.clock.monotonic_ms() - began_ms) / 1_000, 3),
    }
    if as_json:
        say(row)
    else:
        click.echo(", ".join(f"{name} {value}" for name, value in row.items()))
    for one in done.set_aside:
        note(f"set aside for {model}: {one}; 'livecam replay' lets it be tried again")


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
