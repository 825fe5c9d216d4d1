"""A line that carries too little: down the ladder, up again when it carries more, and played."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from edge.clock import SystemClock, to_iso
from edge.home import Home
from edge.spool import Spool
from flows import settings
from flows.catalogue import read
from flows.site import open_site
from flows.stages import label
from flows.stages.ingest import ingest
from flows.stages.throttle import Rate, following
from flows.stages.upload import upload
from flows.store import FOOTAGE
from infra.waiting import wait_until
from tests.e2e.screen import opened, record, served, shown_from
from tests.edge.recording import Record

if TYPE_CHECKING:
    from playwright.sync_api import Browser

HIGH, LOW = "720p 4000k", "480p 2000k"
FPS = 5
# A spool for half a minute of the better rung; hours, in a real one.
DOCUMENT = {
    "spool": {"quota": "1.5MB", "reserve": "1MB"},
    "upload": {"rate": "10kB/s"},
    "record": {"segment": "2s", "ladder": {"low": "8s", "fair": "16s", "patience": "2s"}},
    "cameras": {"gate": {"source": f"scene:?fps={FPS}&size=1280x720"}},
}


class Node:
    """A recorder, and its uploads and their ingest beside it, all by one livecam.yaml."""

    def __init__(self, folder: Path) -> None:
        self.recorder = Record(folder / "home", {"gate": "scene:"})
        self.config = self.recorder.config
        self.write(DOCUMENT)
        chosen = settings.load(self.config)
        self.site = open_site(chosen, Home(self.recorder.home))
        self._over = threading.Event()

    def write(self, document: dict[str, object]) -> None:
        self.config.write_text(yaml.safe_dump(document))

    @contextmanager
    def running(self) -> Iterator[None]:
        self.recorder.start()
        sender = threading.Thread(target=self._send)
        sender.start()
        try:
            yield
        finally:
            self.write({**DOCUMENT, "upload": {}})
            stopped = self.recorder.stop()
            self._over.set()
            sender.join()
        assert stopped == 0

    def _send(self) -> None:
        rate = following(self.site, self.config)
        while not self._over.is_set():
            self._round(rate)
            self._over.wait(0.5)
        self._round(None)

    def _round(self, rate: Rate | None) -> None:
        spool = Spool(self.site.home.spool, "local", SystemClock())
        upload(self.site, spool, rate=rate, seconds=10)
        ingest(self.site)

    def rungs(self) -> list[str]:
        """Of what was sealed, in order, each once."""
        rows = [row for row in self.recorder.rows() if row["kind"] == "segment"]
        return [rung for rung, _ in itertools.groupby(str(row["rung"]) for row in rows)]

    def wait_for(self, *rungs: str) -> None:
        wait_until(lambda: self.rungs() == list(rungs), seconds=240, what=f"{rungs}")


# One test: worksteal would have each worker make the recording for its own share of three.
@pytest.mark.full
def test_a_camera_on_a_slow_line_goes_down_the_ladder_and_up_again_and_plays_across(
    tmp_path: Path, browser: Browser
) -> None:
    node = Node(tmp_path)
    with node.running():
        node.wait_for(HIGH, LOW)
        node.write({**DOCUMENT, "upload": {}})
        node.wait_for(HIGH, LOW, HIGH)
    each_segment_says_its_rung(node)
    nothing_is_missing_at_either_move(node)
    playback_runs_across_each_move(node, browser)


def each_segment_says_its_rung(node: Node) -> None:
    rows = read.segments(node.site, "gate")
    assert [rung for rung, _ in itertools.groupby(rows["rung"])] == [HIGH, LOW, HIGH]
    heights = {HIGH: 720, LOW: 480}
    assert all(heights[rung] == high for rung, high in rows.select("rung", "height").rows())
    for key, rung in rows.select("key", "rung").rows():
        told = label.from_metadata(node.site.store.head(FOOTAGE, key).metadata or {}, key)
        assert told.rung == rung
    log = node.recorder.log.read_text()
    assert f"gate: recorded at {LOW}: the spool lasts" in log
    assert f"gate: recorded at {HIGH}: all has been well" in log


def nothing_is_missing_at_either_move(node: Node) -> None:
    assert not node.recorder.spool.sealed()
    told = [*read.segments(node.site, "gate").iter_rows(named=True)]
    told += read.gaps(node.site, "gate").iter_rows(named=True)
    told.sort(key=lambda row: row["start_utc"])
    reached = told[0]["start_utc"]
    for row in told:
        # What was dropped while it was being sent is told twice; a stored segment outranks a gap.
        assert row["start_utc"] <= reached
        reached = max(reached, row["end_utc"])


def playback_runs_across_each_move(node: Node, browser: Browser) -> None:
    rows = read.segments(node.site, "gate")
    starts = rows.select("start_utc", "rung").with_columns(ms=rows["start_utc"].dt.epoch("ms"))
    pairs = itertools.pairwise(starts.select("ms", "rung").rows())
    moves = [after[0] for before, after in pairs if before[1] != after[1]]
    folder = node.recorder.home
    environment = {"LIVECAM_HOME": str(folder), "LIVECAM_CONFIG": str(node.config)}
    with served(folder, environment) as address:
        for move_ms in moves:
            at = to_iso(move_ms - 3_000)
            with opened(browser, f"{address}/playback?camera=gate&at={at}") as page:
                page.wait_for_selector(".deck video")
                record(page)
                shown_from(page, move_ms - 2_500, until_ms=move_ms)
                shown = shown_from(page, move_ms + 1_000)
            frames = [mark.frame for mark in shown]
            assert frames == sorted(frames)
            assert max(b - a for a, b in itertools.pairwise(frames)) < 2 * FPS
