"""Whether a policy kept what it promised, by what the recorders told and what lies in the spool."""

from __future__ import annotations

import time
from collections.abc import Sequence
from itertools import pairwise

from edge.encode import LADDER
from edge.quota import WhenFull
from edge.segment import Cause, Gap, Segment
from edge.spool import Spool
from infra.faults.disk_cameras import CALM, FLOOD, Cameras
from infra.faults.verdict import Verdict


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def judge(spool: Spool, cameras: Cameras, when_full: WhenFull, verdict: Verdict) -> None:
    """Note each breach, and the figures."""
    sealed, gaps = [item.segment for item in spool.sealed()], [kept.gap for kept in spool.gaps()]
    _judge_account(cameras, [*sealed, *cameras.stored, *gaps], verdict)
    verdict.hold(not spool.check()["E1"].broken, "a sealed file is not what its sidecar says")
    told = [item for item in cameras.told if isinstance(item, Segment)]
    here = {segment.id for segment in (*sealed, *cameras.stored)}
    gone = [segment for segment in told if segment.id not in here]
    _judge_drops(gone, gaps, verdict)
    if when_full is WhenFull.STOP:
        verdict.hold(not gone, f"dropped though it should stop: {_ids(gone)}")
        _judge_outages(gaps, verdict)
    else:
        verdict.hold(bool(gone), "nothing was dropped: the disk was never full")
    verdict.figures |= {
        "segments_told": len(told),
        "segments_kept": len(sealed),
        "segments_dropped": len(gone),
        "dropped_of_calm": sum(segment.camera in CALM for segment in gone),
        "segments_lowered": sum(segment.rung == LADDER[-1].name for segment in told),
        "restarts": cameras.restarts,
    }


def _judge_account(cameras: Cameras, items: Sequence[Segment | Gap], verdict: Verdict) -> None:
    """E3: each camera's time is in one segment or gap, once."""
    missing_ms = 0
    for camera in cameras.names:
        own = sorted(
            (item for item in items if item.camera == camera),
            key=lambda item: (item.start_ms, item.end_ms),
        )
        missing_ms += sum(abs(after.start_ms - before.end_ms) for before, after in pairwise(own))
    verdict.hold(missing_ms == 0, f"{missing_ms} ms in no segment or gap, or in two")
    verdict.figures["unexplained_s"] = missing_ms / 1000


def _judge_drops(gone: Sequence[Segment], gaps: Sequence[Gap], verdict: Verdict) -> None:
    """Each segment that is gone is a gap, to the millisecond; all are the flood's own."""
    spans = {
        (gap.camera, gap.start_ms, gap.end_ms)
        for gap in gaps
        if gap.cause is Cause.DISK_FULL_DROPPED
    }
    silent = [one for one in gone if (one.camera, one.start_ms, one.end_ms) not in spans]
    verdict.hold(not silent, f"dropped without a gap: {_ids(silent)}")
    calm = [one for one in gone if one.camera in CALM]
    verdict.hold(not calm, f"the flood cost others {_ids(calm)}")


def _judge_outages(gaps: Sequence[Gap], verdict: Verdict) -> None:
    """What was not recorded for want of room says so, of every camera."""
    full_ms = dict.fromkeys((FLOOD, *CALM), 0)
    for gap in gaps:
        if gap.cause is Cause.DISK_FULL_DROPPED:
            full_ms[gap.camera] += gap.end_ms - gap.start_ms
    verdict.hold(all(full_ms.values()), f"no gap tells that the disk was full: {full_ms}")
    calm_ms = max(full_ms[camera] for camera in CALM)
    verdict.figures |= {"stopped_flood_s": full_ms[FLOOD] / 1000, "stopped_calm_s": calm_ms / 1000}


def _ids(segments: Sequence[Segment]) -> list[str]:
    return [segment.id for segment in segments[:5]]
