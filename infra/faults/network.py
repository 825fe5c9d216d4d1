"""The store out of reach for half an hour and more, then back: nothing lost, and how fast (E2).

Footage is compressed, not time: segments of six cameras are sealed as fast as they can be, while
a proxy before a real MinIO refuses, stalls and cuts each attempt to bring them there.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from urllib.parse import urlsplit

from edge.clock import SystemClock
from edge.errors import Retryable
from edge.home import Home
from edge.receipt import INBOX
from edge.segment import SUFFIX, Segment, SegmentName
from edge.spool import Spool
from flows.audit.audit import audit
from flows.catalogue import read
from flows.catalogue.schema import SEGMENTS
from flows.config_file import whole as config
from flows.site import Site, open_site
from flows.stages.ingest import ASIDE, ingest
from flows.stages.upload import upload
from flows.store import FOOTAGE, LIVECAM
from infra import minio
from infra.bench.drain import server
from infra.faults import footage, proxy
from infra.faults.footage import Shared
from infra.faults.proxy import Mode, Proxy
from infra.faults.recording import Record, marks
from infra.faults.verdict import Say, Verdict

CAMERAS = tuple(f"camera{n}" for n in range(6))
LIVE = "live"
SEGMENT_S = 30
GOAL = 3.0  # of the time that the footage stands for
_TRIES = (Mode.REFUSE, Mode.STALL, Mode.CUT, Mode.CUT, Mode.REFUSE, Mode.CUT, Mode.STALL)


def run(folder: Path, *, seed: int, minutes: float, mbit: float, say: Say) -> Verdict:
    """Seal so many minutes of six cameras at `mbit` each during the outage, then drain."""
    verdict, chance = Verdict("network", seed), random.Random(seed)
    home = Home(folder / "home")
    with server(home) as endpoint:
        port = urlsplit(endpoint).port or 0
        most = round(SEGMENT_S * mbit * 125_000 * 1.5)
        with proxy.before(port, chance, most) as between:
            site = _site(home, between)
            say(f"encoding {SEGMENT_S} s at {mbit:g} Mbit/s")
            made = _footage(folder, mbit)
            with _live(home) as live:
                sealed = _outage(site, between, made, minutes, verdict, say)
            between.mode = Mode.PASS
            say("the store is back")
            _drain(site, sealed, minutes, verdict)
            say("judging")
            _judge(site, sealed, live, verdict)
            _judge_live(folder / "seen.mp4", site, live, verdict)
    return verdict


@contextmanager
def _live(home: Home) -> Iterator[Record]:
    """A drawn camera that is recorded meanwhile, in real time."""
    recorder = Record(home.root, {LIVE: "scene:?fps=5&size=160x120"}, segment="5s")
    recorder.start()
    try:
        recorder.wait_for("segment", 1)
        yield recorder
        recorder.stop()
    finally:
        recorder.kill()


def _site(home: Home, between: Proxy) -> Site:
    chosen = config.load({"store": {"kind": "s3"}})
    minio.prepare(chosen, home, between.url)
    return open_site(chosen.flows, home)


def _footage(folder: Path, mbit: float) -> Shared:
    clip = footage.clip(
        folder / "clip.mp4",
        seconds=SEGMENT_S,
        gop=30,
        b_frames=0,
        size=(640, 360),
        bitrate=round(mbit * 1_000_000),
    )
    return Shared.recorded(folder / "source", clip, SEGMENT_S * 1_000)


def _outage(
    site: Site, between: Proxy, made: Shared, minutes: float, verdict: Verdict, say: Say
) -> list[Segment]:
    """Record while no attempt to upload comes to its end; little gets through."""
    spool = Spool(site.home.spool, "local", SystemClock())
    began_ms = site.clock.utc_ms() - round(minutes * 60_000)
    starts = [began_ms + n * SEGMENT_S * 1_000 for n in range(round(minutes * 60 / SEGMENT_S))]
    edges = [number * len(starts) // len(_TRIES) for number in range(len(_TRIES) + 1)]
    sealed: list[Segment] = []
    for mode, (first, last) in zip(_TRIES, pairwise(edges), strict=True):
        sealed += [made.seal(spool, c, start) for start in starts[first:last] for c in CAMERAS]
        between.mode = mode
        _try(site, spool, verdict)
        left = sum(item.segment.camera in CAMERAS for item in spool.sealed())
        verdict.figures["got_through"] = len(sealed) - left
        say(f"{mode}: {left} of {len(sealed)} segments wait")
    return sealed


def _try(site: Site, spool: Spool, verdict: Verdict) -> None:
    verdict.count("attempts")
    try:
        upload(site, spool)
    except Retryable:
        verdict.count("attempts_failed")


def _drain(site: Site, sealed: Sequence[Segment], minutes: float, verdict: Verdict) -> None:
    spool = Spool(site.home.spool, "local", SystemClock())
    began = time.monotonic()
    while spool.sealed(1):  # a connection of before the outage's end may still be a dead one
        _try(site, spool, verdict)
    uploaded = time.monotonic()
    taken = ingest(site)
    ended = time.monotonic()
    speed = minutes * 60 / (ended - began)
    verdict.hold(speed >= GOAL, f"drained at {speed:.1f} times real time, less than {GOAL:g}")
    verdict.figures |= {
        "minutes": minutes,
        "cameras": len(CAMERAS),
        "segments": len(sealed),
        "bytes": sum(segment.size_bytes for segment in sealed),
        "upload_s": round(uploaded - began, 2),
        "ingest_s": round(ended - uploaded, 2),
        "drain_times_real": round(speed, 1),
        "receipts": taken.receipts,
        "set_aside": len(taken.set_aside),
    }


def _judge(site: Site, sealed: Sequence[Segment], live: Record, verdict: Verdict) -> None:
    """The same as had there been no outage: every segment once, nothing left on its way."""
    spool, store = Spool(site.home.spool, "local", SystemClock()), site.store
    rows = read.rows(site, SEGMENTS, columns=["id", "sha256", "size_bytes"]).to_dicts()
    held = sorted((row["id"], row["sha256"], row["size_bytes"]) for row in rows)
    told = [row for row in live.rows() if row["kind"] == "segment"]
    sent = sorted(
        [(one.id, one.sha256, one.size_bytes) for one in sealed]
        + [(row["id"], row["sha256"], row["size_bytes"]) for row in told]
    )
    verdict.hold(held == sent, f"{len(sent)} were sealed, and {len(held)} rows are of them")
    keys = {info.key for info in store.list(FOOTAGE, "videos/")}
    lost = {segment.key for segment in sealed} - keys
    verdict.hold(not lost, f"without an object: {sorted(lost)[:5]}")
    for place in (INBOX, ASIDE):
        left = [info.key for info in store.list(LIVECAM, place)]
        verdict.hold(not left, f"left in {place}: {left[:5]}")
    verdict.hold(not spool.sealed(), "segments are left in the spool")
    apart = [path.name for path in (spool.root / "quarantine").iterdir()]
    verdict.hold(not apart, f"set apart: {apart[:5]}")
    for law in audit(site, quick=True):
        broken = law.finding.keys if law.finding else ()
        verdict.hold(not broken, f"{law.number} is broken: {broken[:5]}")
    verdict.figures["lost"] = len(lost)


def _judge_live(file: Path, site: Site, live: Record, verdict: Verdict) -> None:
    """The camera that was recorded meanwhile: its pictures, as the store has them."""
    seen: list[int] = []
    for row in (row for row in live.rows() if row["kind"] == "segment"):
        file.write_bytes(site.store.read(FOOTAGE, SegmentName.from_file(row["id"] + SUFFIX).key))
        seen += [mark.frame for mark in marks(file)]
    # A drawn camera that is half a second behind skips; a recorder loses single ones.
    lost = sum(b - a - 1 for a, b in pairwise(seen) if b - a != 1 and b - a < 3)
    verdict.hold(bool(seen) and not lost, f"{lost} of {len(seen)} pictures were not recorded")
    verdict.figures |= {"live_pictures": len(seen), "live_dropped": lost}
