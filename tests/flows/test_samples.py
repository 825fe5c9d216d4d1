"""The sample clips from import to events, on both stores."""

from __future__ import annotations

import json
from pathlib import Path

import av
import pytest

from edge.clock import to_ms
from edge.importer import import_files
from edge.spool import Spool
from flows.catalogue import read
from flows.site import Site
from flows.stages.drain import drain
from flows.store import FOOTAGE
from tests.flows.stage_site import START_MS, minio_in_full

PERSONS = "one-by-one-person-detection.mp4"


def bring(site: Site, clip: Path, camera: str) -> None:
    spool = Spool(site.home.spool, "local", site.clock)
    import_files(spool, [clip], camera, START_MS, 30_000, lambda *_: False)
    drain(site)


@pytest.mark.sample(PERSONS, "fastestdet-352.onnx", "truth.json")
@minio_in_full
def test_six_visits_are_six_events_within_two_seconds(site: Site, samples: Path) -> None:
    bring(site, samples / PERSONS, "hall")
    truth = json.loads((samples / "truth.json").read_text())[PERSONS]["person_s"]
    found = read.events(site, "hall", label="person").to_dicts()
    assert len(found) == len(truth)
    for event, (first, last) in zip(found, truth, strict=True):
        assert to_ms(event["start_utc"]) - START_MS == pytest.approx(first * 1_000, abs=2_000)
        assert to_ms(event["end_utc"]) - START_MS == pytest.approx(last * 1_000, abs=2_000)
        assert event["count"] == 1
        assert event["flow_run_id"].startswith("drain-")
    assert packets(site, "hall") == 1_394


@pytest.mark.sample("car-detection.mp4", "bottle-detection.mp4", "fastestdet-352.onnx")
def test_cars_and_bottles_are_nobody(folder: Site, samples: Path) -> None:
    bring(folder, samples / "car-detection.mp4", "road")
    bring(folder, samples / "bottle-detection.mp4", "bar")
    assert read.segments(folder).height > 1
    assert read.events(folder, label="person").is_empty()
    assert read.events(folder, "bar").is_empty()


def packets(site: Site, camera: str) -> int:
    """Video packets in all of a camera's stored segments."""
    count = 0
    for row in read.segments(site, camera).iter_rows(named=True):
        path = site.home.root / "one.mp4"
        site.store.fetch(FOOTAGE, row["key"], path, row["version_id"])
        with av.open(str(path), "r") as container:
            count += sum(bool(packet.size) for packet in container.demux(video=0))
    return count
