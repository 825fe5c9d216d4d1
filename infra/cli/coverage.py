"""`livecam coverage`."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from edge.clock import to_ms, to_utc
from edge.errors import BadName
from flows.config_file import whole as config
from infra.cli import say
from infra.cli.times import Moment

if TYPE_CHECKING:
    from flows.catalogue.coverage import Stretch

DAY_MS = 86_400_000
LONGEST_MS = 10 * 366 * DAY_MS
# A table longer than that is told by days.
HOURLY_MS = 50 * 3_600_000


@click.command()
@click.option("--camera", help="Of this camera only.")
@click.option(
    "--from", "start_ms", type=Moment(), help="ISO 8601, UTC; else today's midnight here."
)
@click.option("--to", "end_ms", type=Moment(), help="ISO 8601, UTC; else now.")
@click.option(
    "--per",
    type=click.Choice(["hour", "day"]),
    help="What a row is; else an hour, in a table of more than two days a day.",
)
@click.option(
    "--json", "as_json", is_flag=True, help="A JSON object a camera and hour, then its sum."
)
def coverage(
    camera: str | None, start_ms: int | None, end_ms: int | None, per: str | None, as_json: bool
) -> None:
    """Was it recording, and if not why: per hour and in sum, to the millisecond.

    Example: livecam coverage --camera gate --from 2026-11-01 --to 2026-11-02
    """
    from flows.site import open_site
    from flows.stages.account import accounts_of, known_cameras, rows

    site = open_site(config.load().flows)
    end_ms = site.clock.utc_ms() if end_ms is None else end_ms
    start_ms = _midnight(end_ms) if start_ms is None else start_ms
    if not 0 < end_ms - start_ms <= LONGEST_MS:
        raise click.BadParameter("must be after --from, by ten years at most", param_hint="--to")
    names = known_cameras(site)
    if camera is not None:
        _check(camera, names)
        names = [camera]
    long = end_ms - start_ms > HOURLY_MS and not as_json
    per = per or ("day" if long else "hour")
    cuts = _cuts(start_ms, end_ms, per)
    for name, found in accounts_of(site, names, start_ms, end_ms).items():
        if as_json:
            say(rows(name, found, cuts, per))
        else:
            _table(name, found, cuts)


def _cuts(start_ms: int, end_ms: int, per: str) -> list[int]:
    """Where whole hours, or days, of this machine's zone begin within, and both ends."""
    from flows.catalogue.coverage import hours

    if per == "hour":
        return hours(start_ms, end_ms, _midnight(start_ms))
    # From noon to noon: days are 23 to 25 hours long.
    noons = range(_midnight(start_ms) + DAY_MS // 2, end_ms + DAY_MS, DAY_MS)
    inside = {at for noon in noons if start_ms < (at := _midnight(noon)) < end_ms}
    return [start_ms, *sorted(inside), end_ms]


def _midnight(at_ms: int) -> int:
    """The first moment of that day in this machine's zone."""
    day = to_utc(at_ms).astimezone().replace(hour=0, minute=0, second=0, microsecond=0)
    return to_ms(day.replace(tzinfo=None).astimezone())


def _check(camera: str, names: list[str]) -> None:
    if camera not in names:
        near = difflib.get_close_matches(camera, names, n=1, cutoff=0.4)
        hint = f"Did you mean {near[0]!r}?" if near else f"There are: {', '.join(names) or 'none'}"
        raise BadName("there is no such camera", camera=camera, hint=hint)


def _table(name: str, found: Sequence[Stretch], cuts: Sequence[int]) -> None:
    from flows.catalogue.coverage import sums
    from infra.cli.coverage_table import table

    [total] = sums(name, found, [cuts[0], cuts[-1]])
    for line in table(sums(name, found, cuts), total):
        click.echo(line)
    click.echo()
