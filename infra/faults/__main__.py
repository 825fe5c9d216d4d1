"""`python -m infra.faults NAME`: break it on purpose, and say which laws held."""

from __future__ import annotations

import json
import logging
import random
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import click

from edge.errors import LivecamError
from infra.faults.verdict import Say, Verdict, scratch

Torture = Callable[[Path, int, Say], Verdict]


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
def faults() -> None:
    """Break what records and what analyses, on purpose.

    Exit status 1 when a law broke, 2 when it could not be tried.

    Example: make torture ARGS="truncate --offsets 10000 --json"
    """


def _common(command: Callable[..., None]) -> Callable[..., None]:
    """The options that every torture has."""
    seed = click.option("--seed", type=int, help="The run to make again; random without.")
    as_json = click.option("--json", "as_json", is_flag=True, help="One JSON line at the end.")
    return seed(as_json(command))


@faults.command()
@click.option("--times", type=click.IntRange(min=1), default=100, show_default=True)
@click.option("--cameras", type=click.IntRange(min=1), default=20, show_default=True)
@click.option("--rtsp", is_flag=True, help="Beside them two RTSP cameras.")
@click.option("--power/--no-power", default=True, help="Cut the power too, as `power` does.")
@_common
def kill(
    times: int, cameras: int, rtsp: bool, power: bool, seed: int | None, as_json: bool
) -> None:
    """Kill the recorder and single camera processes with SIGKILL while all record.

    Example: make torture ARGS="kill --times 1000 --json"
    """
    from infra.faults import kill as torture
    from infra.faults import power as cuts

    def work(folder: Path, chosen: int, say: Say) -> Verdict:
        found = torture.run(folder, seed=chosen, times=times, cameras=cameras, rtsp=rtsp, say=say)
        if power:
            with scratch() as memory:
                found.take_in(cuts.run(memory, seed=chosen, seconds=24, states=24, say=say))
        return found

    _run(work, seed, as_json, on_disk=True)


@faults.command()
@click.option("--record", type=click.FloatRange(min=6), default=24, show_default=True)
@click.option("--states", type=click.IntRange(min=2), default=24, show_default=True)
@_common
def power(record: float, states: int, seed: int | None, as_json: bool) -> None:
    """Cut the power: replay --states states of the disk at each operation of --record seconds.

    Example: make torture ARGS="power --states 50 --json"
    """
    from infra.faults import power as torture

    def work(folder: Path, chosen: int, say: Say) -> Verdict:
        return torture.run(folder, seed=chosen, seconds=record, states=states, say=say)

    _run(work, seed, as_json)


@faults.command()
@click.option("--histories", type=click.IntRange(min=1), default=10_000, show_default=True)
@_common
def clock(histories: int, seed: int | None, as_json: bool) -> None:
    """Step, drift and unset a node's clock, reboot and kill it, in random histories.

    Example: make torture ARGS="clock --histories 1000 --json"
    """
    from infra.faults import clock as torture

    def work(folder: Path, chosen: int, say: Say) -> Verdict:
        return torture.run(folder, seed=chosen, histories=histories, say=say)

    _run(work, seed, as_json)


@faults.command()
@click.option("--minutes", type=click.FloatRange(min=1), default=35, show_default=True)
@click.option("--mbit", type=click.FloatRange(min=0.1), default=4, show_default=True)
@_common
def network(minutes: float, mbit: float, seed: int | None, as_json: bool) -> None:
    """Take the store away for --minutes of six cameras' footage, each of --mbit a second.

    Needs room for that footage, 6.3 GB by default, and MinIO.

    Example: make torture ARGS="network --json"
    """
    from infra.faults import network as torture

    def work(folder: Path, chosen: int, say: Say) -> Verdict:
        return torture.run(folder, seed=chosen, minutes=minutes, mbit=mbit, say=say)

    _run(work, seed, as_json, on_disk=True)


@faults.command()
@click.option("--flood", type=click.FloatRange(min=5), default=60, show_default=True, help="s.")
@click.option("--mount/--inject", default=True, help="A tmpfs where allowed; or failing writes.")
@_common
def disk(flood: float, mount: bool, seed: int | None, as_json: bool) -> None:
    """Fill the spool's disk by each policy: before a start, by a flooding camera, and midway.

    Example: make torture ARGS="disk --json"
    """
    from infra.faults import disk as torture

    def work(folder: Path, chosen: int, say: Say) -> Verdict:
        return torture.run(folder, seed=chosen, seconds=flood, mount=mount, say=say)

    _run(work, seed, as_json)


@faults.command()
@click.option("--offsets", type=click.IntRange(min=10), default=10_000, show_default=True)
@_common
def truncate(offsets: int, seed: int | None, as_json: bool) -> None:
    """Cut a sealed and a torn file anywhere, flip bits, write zeros.

    Example: make torture ARGS="truncate --json"
    """
    from infra.faults import truncate as torture

    def work(folder: Path, chosen: int, say: Say) -> Verdict:
        return torture.run(folder, seed=chosen, offsets=offsets, say=say)

    _run(work, seed, as_json)


@faults.command()
@click.option("--hours", type=click.FloatRange(min=0.1), default=24, show_default=True)
@click.option("--workers", type=click.IntRange(1, 16), default=1, show_default=True)
@click.option("--rate", default="100%", show_default=True, help="As backfill's own.")
@_common
def backfill(hours: float, workers: int, rate: str, seed: int | None, as_json: bool) -> None:
    """Kill worker, run and server of a backfill over --hours camera-hours, while ingest runs.

    Needs FastestDet, which is the site's own model; HOG is the second.

    Example: make torture ARGS="backfill --hours 2 --json"
    """
    from infra.faults import backfill as torture

    def work(folder: Path, chosen: int, say: Say) -> Verdict:
        return torture.run(folder, seed=chosen, hours=hours, workers=workers, rate=rate, say=say)

    _run(work, seed, as_json, on_disk=True)


def _run(work: Torture, seed: int | None, as_json: bool, *, on_disk: bool = False) -> None:
    chosen = random.randrange(2**32) if seed is None else seed
    logging.disable(logging.ERROR)  # a recorder that is tortured has much to say
    # Whoever ends this ends what it started: a site goes on by itself.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    began = time.monotonic()
    with scratch(on_disk=on_disk) as folder:
        verdict = work(folder, chosen, lambda text: click.echo(text, err=True))
    verdict.figures["seconds"] = round(time.monotonic() - began, 1)
    told = verdict.as_json()
    if as_json:
        click.echo(json.dumps(told))
    else:
        for name, value in told.items():
            click.echo(f"{name:24} {value}")
    sys.exit(1 if verdict.broken else 0)


def main() -> None:
    """What cannot be tried here is one line and exit status 2: no law broke."""
    try:
        faults.main(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
    except LivecamError as error:
        click.echo(f"faults: {error}", err=True)
        sys.exit(2)


if __name__ == "__main__":
    main()
