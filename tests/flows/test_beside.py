"""Beside itself: four drains at once, folds that race, batches in any order."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.catalogue import fold as folding
from flows.catalogue import journal, read
from flows.catalogue.fold import pending
from flows.catalogue.journal import Kind
from flows.site import Site
from flows.store import FOOTAGE
from tests.flows import story
from tests.flows.orders import a_few, assert_a_race_is_nothing, assert_order_is_nothing
from tests.flows.stage_site import seal_some


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


write = partial(story.write, cameras=1)


def test_folds_on_several_machines_race_to_the_same_tables(folder: Site, tmp_path: Path) -> None:
    assert_a_race_is_nothing(folder, tmp_path, write, machines=3)


@pytest.mark.full
@a_few
@given(order=st.randoms(use_true_random=False), size=st.integers(2, 5))
def test_batches_in_any_order_give_the_same_tables(
    tmp_path_factory: pytest.TempPathFactory, order: random.Random, size: int
) -> None:
    assert_order_is_nothing(tmp_path_factory.mktemp("order"), write, order, size)


def test_a_crash_between_journal_and_fold_loses_nothing(folder: Site) -> None:
    keys = story.write(folder, cameras=1)
    assert set(pending(folder)) == set(keys)
    folding.fold(folder)
    assert pending(folder) == []
    assert len(journal.keys(folder.store, Kind.SEGMENTS, story.DAY)) > 1
