"""Visits that a catalogue tells of, and what a person would answer who counts them by hand."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from edge.clock import from_iso
from flows.catalogue import facts, journal, read
from flows.catalogue.journal import Kind
from flows.site import Site
from tests.flows import story

Visit = tuple[str, str, int]
BERLIN = ZoneInfo("Europe/Berlin")
# Camera, start and length in segments. The clocks went back at 2026-10-25T01:00Z: two of these
# begin at half past two that night.
VISITS: tuple[Visit, ...] = (
    ("gate", "2026-10-24T21:59:30Z", 1),
    ("gate", "2026-10-24T22:30:00Z", 2),
    ("gate", "2026-10-25T00:30:00Z", 1),
    ("gate", "2026-10-25T01:30:00Z", 3),
    ("gate", "2026-10-25T22:30:00Z", 1),
    ("gate", "2026-10-25T23:30:00Z", 1),
    ("yard", "2026-10-25T09:05:00Z", 4),
    ("yard", "2026-10-26T09:59:58Z", 1),
    ("yard", "2026-10-27T07:00:00Z", 1),
)
LATE: Visit = ("yard", "2026-10-27T07:20:00Z", 2)
CAR: Visit = ("gate", "2026-10-26T12:00:00Z", 1)


def came(
    site: Site, visit: Visit, label: str = "person", models: Sequence[str] = ("fastestdet",)
) -> None:
    """Journal segments in which somebody walks in, stands about, and is gone."""
    camera, start, length = visit
    results = []
    for number in range(1, length + 1):
        at = from_iso(start) + (number - 1) * story.LENGTH_MS
        segment = story.segment(camera, number).model_copy(update={"start_ms": at})
        told = facts.stored(segment, version_id="", received_ms=at)
        journal.write(site.store, Kind.SEGMENTS, [told], story.NOW_MS)
        for model in models:
            result = story.result(segment, number, model=model[0])
            seen = [{**one, "label": label} for one in result["seen"]]
            results.append({**result, "analyser": model, "seen": seen})
    journal.write(site.store, Kind.RESULTS, results, story.NOW_MS)


def local(at: datetime) -> datetime:
    return at.astimezone(BERLIN)


def searched(site: Site) -> list[dict[str, Any]]:
    """What `livecam search --events --label person` finds."""
    return read.events(site, label="person", columns=read.EVENT_COLUMNS).to_dicts()


def seconds(event: dict[str, Any]) -> float:
    return float((event["end_utc"] - event["start_utc"]) / timedelta(seconds=1))


def by_hand(question: str, found: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """The question answered from what search found."""
    if question == "Visits a day":
        counted = Counter((local(e["start_utc"]).date(), e["camera"]) for e in found)
        return sorted((*key, number) for key, number in counted.items())
    cameras = sorted({e["camera"] for e in found})
    own = {camera: [e for e in found if e["camera"] == camera] for camera in cameras}
    if question == "Dwell time":
        lengths = {camera: [seconds(e) for e in events] for camera, events in own.items()}
        return [
            (camera, len(long), statistics.median(long), max(long), sum(long))
            for camera, long in lengths.items()
        ]
    hours = {c: Counter(local(e["start_utc"]).hour for e in events) for c, events in own.items()}
    return [(c, *min(of.items(), key=lambda one: (-one[1], one[0]))) for c, of in hours.items()]
