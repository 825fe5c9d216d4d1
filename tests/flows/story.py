"""A journal with something of everything in it, for tests of folding: no footage is needed.

A minute and a half of a camera in ten-second segments: somebody walks in, stands still across
segments and leaves; a segment expires, one is set aside and put back, one is analysed anew by
another model.
"""

from __future__ import annotations

import hashlib
from typing import Any

from edge.clock import from_iso, to_day
from edge.segment import Cause, Fragment, Gap, Segment
from flows.catalogue import facts, journal
from flows.catalogue.journal import Fact, Kind
from flows.site import Site
from tests.flows.archive import FakeClock

START_MS = from_iso("2026-11-01T23:59:00Z")
LENGTH_MS = 10_000
NOW_MS = START_MS + 3_600_000
DAY = to_day(NOW_MS)
# Seconds since START_MS when the walker comes, stands, goes on and has left.
COMES, STANDS, GOES, LEFT = 12.0, 16.0, 52.0, 56.0


def segment(camera: str, number: int) -> Segment:
    return Segment(
        camera=camera,
        node="local",
        start_ms=START_MS + number * LENGTH_MS,
        media_ms=LENGTH_MS,
        wall_ms=LENGTH_MS,
        size_bytes=1_000,
        sha256=hashlib.sha256(f"{camera}{number}".encode()).hexdigest(),
        codec="h264",
        mime_codecs="avc1.64001f",
        width=640,
        height=360,
        fps=15,
        time_scale=1_000,
        fragments=tuple(Fragment(800 + n * 20, 20, n * 1_000, True, 1) for n in range(10)),
    )


def result(one: Segment, number: int, *, model: str = "m", run: str = "run-1") -> Fact:
    seen, motion = [], []
    for tick in range(LENGTH_MS // 400):
        at_ms = tick * 400
        second = number * LENGTH_MS / 1_000 + at_ms / 1_000
        if not COMES <= second < LEFT:
            continue
        walks = second < STANDS or second >= GOES
        place = 0.1 * (min(second, STANDS) - COMES) + 0.1 * max(0.0, second - GOES)
        box = {"x": round(0.05 + place, 4), "y": 0.3, "w": 0.1, "h": 0.4}
        moved = 0.6 if walks else 0.0
        seen.append({"at_ms": at_ms, "label": "person", "score": 0.8, "moved": moved, **box})
        if walks:
            motion.append({"start_ms": at_ms, "end_ms": at_ms + 400, "score": 0.04, **box})
    return {
        "segment_id": one.id,
        "wall_ms": one.wall_ms,
        "analyser": "fastestdet",
        "model_digest": model * 64,
        "config_digest": "c" * 64,
        "code_version": "1",
        "flow_run_id": run,
        "confidence": 0.5,
        "analysed_ms": NOW_MS + number + (1_000 if model != "m" else 0),
        "cpu_ms": 1,
        "frames": 150,
        "decoded_frames": 50,
        "thumbnail_key": f"thumbnails/{one.id}.jpg",
        "seen": seen,
        "motion": motion,
    }


def failure(one: Segment, at_ms: int, state: str, attempts: int) -> Fact:
    return {
        "stage": "analyse",
        "subject": one.id,
        "camera": one.camera,
        "key": one.key,
        "reason": "choked",
        "attempts": attempts,
        "at_ms": at_ms,
        "state": state,
        "day": to_day(one.start_ms),
    }


def write(site: Site, cameras: int = 2) -> list[str]:
    """Journal the story, many small batches; answers their keys. The site's clock is set."""
    site = Site(site.settings, site.home, site.store, FakeClock(NOW_MS))
    keys: list[str] = []

    def tell(kind: Kind, told: list[Any]) -> None:
        keys.append(journal.write(site.store, kind, told, NOW_MS + len(keys)))

    for name in [f"camera{n}" for n in range(cameras)]:
        every = [segment(name, n) for n in range(9)]
        for part in (every[:3], every[2:6], every[6:]):
            tell(Kind.SEGMENTS, [facts.stored(s, version_id="", received_ms=NOW_MS) for s in part])
        for numbers in (range(4), range(4, 6), range(6, 9)):
            tell(Kind.RESULTS, [result(every[n], n) for n in numbers])
        tell(Kind.RESULTS, [result(every[3], 3, model="n", run="run-2")])
        end = every[-1].end_ms
        gap = Gap(camera=name, node="local", start_ms=end, end_ms=end + 9, cause=Cause.NODE_DOWN)
        tell(Kind.GAPS, [facts.missed(gap)])
        tell(Kind.FAILURES, [failure(every[5], NOW_MS, "failing", 1)])
        tell(Kind.FAILURES, [failure(every[5], NOW_MS + 1, "set_aside", 3)])
        tell(Kind.FAILURES, [failure(every[5], NOW_MS + 2, "replayed", 0)])
        tell(Kind.FAILURES, [failure(every[6], NOW_MS, "set_aside", 3)])
        tell(Kind.EXPIRIES, [expiry(one) for one in (every[0], every[6])])
        hold = {"id": f"hold-{name}", "camera": name, "start_ms": START_MS, "end_ms": end}
        tell(Kind.HOLDS, [{**hold, "placed_ms": NOW_MS, "reason": "court"}])
        tell(Kind.HOLDS, [{**hold, "released_ms": NOW_MS + 5}])
    return keys


def expiry(one: Segment) -> Fact:
    return {
        "id": one.id,
        "received_ms": NOW_MS,
        "policy_days": 0.0,
        "reason": "older than 0 days",
        "plan": "plan",
        "expired_ms": NOW_MS,
        "size_bytes": one.size_bytes,
    }
