"""`livecam models bench`: what a model costs on this machine."""

from __future__ import annotations

import time
from typing import Any

import click
import numpy as np

from edge.errors import StoreRefused, StoreUnavailable
from edge.home import Home
from flows.vision import registry
from flows.vision.latency import Measured
from infra.cli import note, say
from infra.cli.models_store import site_store

_WARM_UP = 3
_SIZE = (360, 640, 3)  # what analysis hands to a detector


@click.command()
@click.argument("names", nargs=-1)
@click.option("--seconds", default=2.0, type=click.FloatRange(0.1, 600), show_default=True)
@click.option("--threads", default=1, type=click.IntRange(1, 256), show_default=True)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a model.")
def bench(names: tuple[str, ...], seconds: float, threads: int, as_json: bool) -> None:
    """Measure models here: latency p50 and p95, pictures a second, on which provider and why.

    Without a name, the one that analysis takes by default.

    Example: livecam models bench fastestdet hog --json
    """
    home = Home.from_environment()
    for name in names or (registry.default(home.models),):
        row = _measured(home, name, seconds, threads)
        if as_json:
            say(row)
            continue
        click.echo(
            f"{name}: p50 {row['p50_ms']} ms, p95 {row['p95_ms']} ms, {row['per_s']} pictures/s"
            f" on {row['provider']}, {threads} thread(s)\n  {row['why']}"
        )


def _loaded(home: Home, name: str, threads: int) -> Measured:
    store = site_store(home)
    try:
        return registry.load(home.models, name, store, threads=threads)
    except (StoreUnavailable, StoreRefused) as error:
        note(f"what is here is measured: {error}")
        return registry.load(home.models, name, threads=threads)


def _measured(home: Home, name: str, seconds: float, threads: int) -> dict[str, Any]:
    detector = _loaded(home, name, threads)
    noise = np.random.default_rng(0).normal(128, 20, _SIZE)
    picture = np.clip(noise, 0, 255).astype(np.uint8)
    for _ in range(_WARM_UP):
        detector.detect(picture)
    detector.latency.clear()
    began, pictures = time.perf_counter(), 0
    while (took := time.perf_counter() - began) < seconds or not pictures:
        detector.detect(picture)
        pictures += 1
    return {
        "name": detector.name,
        "sha256": detector.digest,
        "provider": detector.provider,
        "why": detector.why,
        "threads": threads,
        "pictures": pictures,
        "p50_ms": detector.latency.p50_ms,
        "p95_ms": detector.latency.p95_ms,
        "per_s": round(pictures / took, 1),
    }
