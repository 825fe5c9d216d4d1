"""The same batches folded in another order, or by several machines at once: the same tables."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from hypothesis import HealthCheck, Phase, settings

from edge.home import Home
from flows.catalogue import fold as folding
from flows.catalogue.fold import fold_keys
from flows.site import Site
from tests.flows.snapshot import facts_of
from tests.flows.stage_site import folder_site

Write = Callable[[Site], Sequence[str]]  # journals batches, answers their keys

a_few = settings(
    max_examples=4,
    deadline=None,
    phases=[Phase.generate],  # a run takes seconds: shrinking one would take minutes
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def assert_order_is_nothing(root: Path, write: Write, order: random.Random, size: int) -> None:
    """Folded `size` batches at a time in this order, they come to what one fold comes to."""
    plain, mixed = folder_site(root / "plain"), folder_site(root / "mixed")
    write(plain)
    folding.fold(plain)
    keys = list(write(mixed))
    order.shuffle(keys)
    for at in range(0, len(keys), size):
        fold_keys(mixed, keys[at : at + size])
    assert facts_of(mixed) == facts_of(plain)
    assert facts_of(plain)["events"]


def assert_a_race_is_nothing(folder: Site, tmp_path: Path, write: Write, machines: int) -> None:
    """Each with a home of its own, so no lock is shared: only Delta's commits decide."""
    written = write(folder)
    sites = [replace(folder, home=Home(tmp_path / f"machine{n}")) for n in range(machines)]

    def race(number: int) -> None:
        keys = list(written)
        random.Random(number).shuffle(keys)
        for at in range(0, len(keys), 2):
            fold_keys(sites[number], keys[at : at + 2])

    with ThreadPoolExecutor(machines) as pool:
        list(pool.map(race, range(machines)))
    alone = folder_site(tmp_path / "alone")
    write(alone)
    folding.fold(alone)
    assert facts_of(folder) == facts_of(alone)
