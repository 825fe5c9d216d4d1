"""`livecam coverage`."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from edge.clock import to_iso, to_ms, to_utc
from edge.errors import BadName
from infra import config
from infra.cli import say
from infra.cli.times import Moment

if TYPE_CHECKING:
    from flows.catalogue.coverage import Sums

LONGEST_MS = 10 * 366 * 86_400_000


@click.command()
@click.option("--camera", help="Of this camera only.")
@click.option(
    "--from", "start_ms", type=Moment(), help="ISO 8601, UTC; else today's midnight here."
)
@click.option("--to", "end_ms", type=Moment(), help="ISO 8601, UTC; else now.")
@click.option(
    "--json", "as_json", is_flag=True, help="A JSON object a camera and hour, then its sum."
)
def coverage(camera: str | None, start_ms: int | None, end_ms: int | None, as_json: bool) -> None:
    """Was it recording, and if not why: per hour and in sum, to the millisecond.

    Example: livecam coverage --camera gate --from 2026-11-01 --to 2026-11-02
    """
    from flows.catalogue.coverage import hours, sums
    from flows.site import open_site
    from flows.stages.account import account_of, known_cameras

    site = open_site(config.load().flows)
    end_ms = site.clock.utc_ms() if end_ms is None else end_ms
    start_ms = _midnight(end_ms) if start_ms is None else start_ms
    if not 0 < end_ms - start_ms <= LONGEST_MS:
        raise click.BadParameter("must be after --from, by ten years at most", param_hint="--to")
    names = known_cameras(site)
    if camera is not None:
        _check(camera, names)
    cuts = hours(start_ms, end_ms, _midnight(start_ms))
    for name in names if camera is None else [camera]:
        found = account_of(site, name, start_ms, end_ms)
        each, [total] = sums(name, found, cuts), sums(name, found, [start_ms, end_ms])
        if as_json:
            say({"of": "hour", **one.as_json()} for one in each)
            say({"of": "sum", **total.as_json()})
        else:
            _table([*each, total])


def _midnight(at_ms: int) -> int:
    """The first moment of that day in this machine's zone."""
    day = to_utc(at_ms).astimezone().replace(hour=0, minute=0, second=0, microsecond=0)
    return to_ms(day.replace(tzinfo=None).astimezone())


def _check(camera: str, names: list[str]) -> None:
    if camera not in names:
        near = difflib.get_close_matches(camera, names, n=1, cutoff=0.4)
        hint = f"Did you mean {near[0]!r}?" if near else f"There are: {', '.join(names) or 'none'}"
        raise BadName("there is no such camera", camera=camera, hint=hint)


def _table(rows: list[Sums]) -> None:
    click.echo(f"{rows[0].camera}")
    for row in rows[:-1]:
        click.echo(f"  {to_iso(row.start_ms)[:16]}Z  {_words(row)}")
    click.echo(f"  {'in sum':<17}  {_words(rows[-1])}")


def _words(row: Sums) -> str:
    return ", ".join(f"{name} {ms / row.wall_ms:.2%} ({_span(ms)})" for name, ms in _parts(row))


def _parts(row: Sums) -> Iterator[tuple[str, int]]:
    from flows.catalogue.coverage import State

    told: dict[str, Any] = {
        str(state): row.by_state[state]
        for state in State
        if state is not State.GAP and row.by_state.get(state)
    }
    for name, ms in (told | dict(row.by_cause)).items():
        yield name.replace("_", " "), ms


def _span(ms: int) -> str:
    minutes, rest = divmod(ms, 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest / 1_000:06.3f}"
