"""Several segments in hand at once: the same rows, and what kills or fails costs no more."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from threading import Barrier, Event, Lock, current_thread, local, main_thread
from typing import Any

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from edge.errors import BadSettings, StoreUnavailable
from flows.catalogue import read
from flows.catalogue.schema import ANALYSES, DETECTIONS, EVENTS, MOTION
from flows.settings import parse
from flows.site import Site
from flows.stages.analyse import analyse
from flows.stages.hands import share
from flows.store.folder import FolderStore
from flows.vision.detector import Detection
from tests.flows.stage_site import folder_site
from tests.flows.test_analyse import OnePerson, stored

PATIENCE_S = 60


def test_two_are_in_hand_at_once_and_begun_in_order() -> None:
    both, begun, lock = Barrier(2, timeout=PATIENCE_S), list[int](), Lock()

    def work(number: int) -> None:
        with lock:
            begun.append(number)
        both.wait()

    share(range(4), work, 2, Event())
    assert sorted(begun[:2]) == [0, 1]
    assert sorted(begun) == [0, 1, 2, 3]


@pytest.mark.parametrize("raised", [StoreUnavailable("gone"), KeyboardInterrupt()])
def test_what_one_raises_ends_all(raised: BaseException) -> None:
    both, stop, begun = Barrier(2, timeout=PATIENCE_S), Event(), list[int]()

    def work(number: int) -> None:
        begun.append(number)
        both.wait()
        if number == 0:
            raise raised
        assert stop.wait(PATIENCE_S)

    with pytest.raises(type(raised)):
        share(range(9), work, 2, stop)
    assert sorted(begun) == [0, 1]


def test_two_threads_come_to_the_rows_of_one(tmp_path: Path) -> None:
    assert found(tmp_path / "one", 1) == found(tmp_path / "two", 2)


def found(home: Path, threads: int) -> list[Any]:
    site = folder_site(home)
    stored(site, count=5)
    choking = OnePerson(chokes_on=100)
    assert analyse(site, "run", detector=choking, threads=threads).segments == 4
    tables = (read.rows(site, table) for table in (ANALYSES, DETECTIONS, MOTION, EVENTS))
    failed = read.set_aside(site, state="failing").select("id", "reason", "attempts").rows()
    return [failed, *(facts(table) for table in tables)]


def facts(table: pl.DataFrame) -> list[tuple[Any, ...]]:
    """What was found, whatever it cost and whenever that was."""
    return table.drop("cpu_ms", "analysed_utc", strict=False).sort("id").rows()


class Unreachable(FolderStore):
    """Cannot be reached for one object."""

    def __init__(self, root: Path, key: str) -> None:
        super().__init__(root)
        self._key = key

    def fetch(self, bucket: str, key: str, target: Path, version_id: str = "") -> str:
        if key == self._key:
            raise StoreUnavailable("gone")
        return super().fetch(bucket, key, target, version_id)


def test_half_way_a_store_that_is_gone_costs_nothing_that_was_found(folder: Site) -> None:
    sealed = stored(folder, count=6)
    lost = replace(folder, store=Unreachable(folder.home.store, sealed[5].key))
    with pytest.raises(StoreUnavailable):
        analyse(lost, "run-1", detector=OnePerson(), threads=2)
    # Of the second four it is the last, begun once two of the others have ended.
    before = read.analyses(folder).height
    assert before in {4, 5}
    assert not (folder.home.run / "analysing").exists()
    assert analyse(folder, "run-2", detector=OnePerson(), threads=2).segments == 6 - before
    assert read.set_aside(folder, state=None).is_empty()


class Interrupting(OnePerson):
    """Ctrl-C, as the main thread hears it, with two segments in hand."""

    def __init__(self) -> None:
        super().__init__()
        self._both, self._met = Barrier(2, timeout=PATIENCE_S), local()

    def detect(self, picture: NDArray[np.uint8]) -> list[Detection]:
        if not hasattr(self._met, "once"):
            self._met.once = self._both.wait()
        if current_thread() is main_thread():
            raise KeyboardInterrupt
        return super().detect(picture)


def test_ctrl_c_ends_what_is_in_hand_and_counts_against_nothing(folder: Site) -> None:
    stored(folder)
    with pytest.raises(KeyboardInterrupt):
        analyse(folder, "run-1", detector=Interrupting(), threads=2)
    assert not (folder.home.run / "analysing").exists()
    assert read.set_aside(folder, state=None).is_empty()
    before = read.analyses(folder).height
    assert analyse(folder, "run-2", detector=OnePerson()).segments == 3 - before


class Alone(OnePerson):
    """Looks how many segments are in hand."""

    def __init__(self, in_hand: Callable[[], int]) -> None:
        super().__init__()
        self.in_hand, self.numbers = in_hand, set[int]()

    def detect(self, picture: NDArray[np.uint8]) -> list[Detection]:
        self.numbers.add(self.in_hand())
        return super().detect(picture)


def test_what_kills_costs_each_in_hand_a_try_and_then_only_itself(folder: Site) -> None:
    sealed = stored(folder)
    argv = [sys.executable, "-m", "tests.flows.dying_together", str(folder.home.root)]
    died = subprocess.run(argv, timeout=120, check=False, cwd=Path(__file__).parents[2])
    assert died.returncode == 9
    mark = folder.home.run / "analysing"
    assert sorted(mark.read_text().split()) == [one.id for one in sealed[:2]]

    analyse(folder, "run", detector=OnePerson(), go_on=lambda: False)
    failing = read.set_aside(folder, state="failing").sort("id")
    assert failing["id"].to_list() == [f"analyse/{one.id}" for one in sealed[:2]]
    assert failing["attempts"].to_list() == [1, 1]

    alone = Alone(lambda: len(mark.read_text().split()))
    once = iter([True, False])
    done = analyse(folder, "run", detector=alone, threads=2, go_on=lambda: next(once))
    assert (done.segments, done.waiting, done.stopped) == (2, 3, True)
    assert alone.numbers == {1}
    assert read.set_aside(folder, state="failing").is_empty()


def test_a_machine_may_be_left_cores() -> None:
    assert parse({}).analyse.threads is None
    assert parse({"analyse": {"threads": 1}}).analyse.threads == 1
    with pytest.raises(BadSettings, match=r"analyse\.threads"):
        parse({"analyse": {"threads": 0}})
