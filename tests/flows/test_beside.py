"""Beside itself: four drains at once, folds that race, batches in any order."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from edge.home import Home
from flows.catalogue import fold as folding
from flows.catalogue import journal, read
from flows.catalogue.fold import fold_keys, pending
from flows.catalogue.journal import Kind
from flows.site import Site
from flows.store import FOOTAGE
from tests.flows import story
from tests.flows.snapshot import facts_of
from tests.flows.stage_site import folder_site, seal_some


def test_four_drains_at_once_are_one(folder: Site) -> None:
    sealed = seal_some(folder, count=8)
    command = [sys.executable, "-m", "infra.cli", "drain", "--json"]
    with ThreadPoolExecutor(4) as pool:
        runs = list(
            pool.map(lambda _: subprocess.run(command, capture_output=True, check=False), range(4))
        )
    assert [run.returncode for run in runs] == [0, 0, 0, 0], runs
    done = [json.loads(run.stdout) for run in runs]
    for what in ("uploaded", "ingested", "analysed"):
        assert sum(one[what] for one in done) == len(sealed)
    assert read.segments(folder)["id"].to_list() == [one.id for one in sealed]
    assert read.analyses(folder).height == len(sealed)
    assert len(list(folder.store.versions(FOOTAGE))) == len(sealed)


def test_folds_on_several_machines_race_to_the_same_tables(folder: Site, tmp_path: Path) -> None:
    """Each with a home of its own, so no lock is shared: only Delta's commits decide."""
    written = story.write(folder, cameras=1)
    sites = [replace(folder, home=Home(tmp_path / f"machine{n}")) for n in range(3)]

    def race(number: int) -> None:
        keys = list(written)
        random.Random(number).shuffle(keys)
        for at in range(0, len(keys), 2):
            fold_keys(sites[number], keys[at : at + 2])

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(race, range(3)))

    alone = folder_site(tmp_path / "alone")
    story.write(alone, cameras=1)
    folding.fold(alone)
    assert facts_of(folder) == facts_of(alone)


@settings(
    max_examples=4,
    deadline=None,
    phases=[Phase.generate],  # a run takes seconds: shrinking one would take minutes
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(order=st.randoms(use_true_random=False), size=st.integers(2, 5))
def test_batches_in_any_order_give_the_same_tables(
    tmp_path_factory: pytest.TempPathFactory, order: random.Random, size: int
) -> None:
    root = tmp_path_factory.mktemp("order")
    plain, mixed = folder_site(root / "plain"), folder_site(root / "mixed")
    story.write(plain, cameras=1)
    folding.fold(plain)
    keys = list(story.write(mixed, cameras=1))
    order.shuffle(keys)
    for at in range(0, len(keys), size):
        fold_keys(mixed, keys[at : at + size])
    assert facts_of(mixed) == facts_of(plain)
    assert facts_of(plain)["events"]


def test_a_crash_between_journal_and_fold_loses_nothing(folder: Site) -> None:
    keys = story.write(folder, cameras=1)
    assert set(pending(folder)) == set(keys)
    folding.fold(folder)
    assert pending(folder) == []
    assert len(journal.keys(folder.store, Kind.SEGMENTS, story.DAY)) > 1
