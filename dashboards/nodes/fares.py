"""How nodes and cameras fare, by what nodes told last: values in, judgements out."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from dashboards.nodes.book import Heard
from edge.report import CameraReport
from edge.serving.beat import DOWN_AFTER_MS, Beat
from flows.feed import About
from flows.settings import FlowSettings

# A spool that is this full is told; what is told is over well below that.
FULL, EASED = 0.8, 0.7
# So is a disk with less of it free.
SCARCE, AMPLE = 0.03, 0.05


@dataclass(frozen=True, slots=True)
class Judged:
    """`trouble` is what is the matter with it, None for nothing."""

    about: About
    name: str
    trouble: str | None
    cameras: tuple[str, ...]
    node: str = ""


def judged(
    settings: FlowSettings,
    heard: Mapping[str, Heard],
    low: Collection[str],
    since_ms: int,
    now_ms: int,
) -> Iterator[Judged]:
    """Of every node that was ever heard: itself, its spool's room, its cameras.

    `low` are the nodes whose room is told as low; before `since_ms` nobody listened. Of what is not
    known nothing is said.
    """
    for name in settings.nodes:
        one = heard.get(name)
        if one is None:
            continue
        cameras = tuple(c for c, node in settings.camera_nodes.items() if node == name)
        silent_ms = now_ms - max(one.heard_ms, since_ms)
        if silent_ms > DOWN_AFTER_MS:
            yield Judged(About.NODE, name, f"silent for {DOWN_AFTER_MS // 1_000} s", cameras, name)
            continue
        if one.is_down(now_ms):
            continue  # nobody listened for so long: it may be about to tell
        yield Judged(About.NODE, name, None, cameras, name)
        yield Judged(About.DISK, name, _scarce(one.beat, name in low), cameras, name)
        for camera in cameras:
            known, trouble = _of_camera(one.beat, camera)
            if known:
                yield Judged(About.CAMERA, camera, trouble, (camera,), name)


def _of_camera(beat: Beat, camera: str) -> tuple[bool, str | None]:
    """Whether anything is known of a camera, and what is the matter with it."""
    report = beat.cameras.get(camera)
    if beat.health is None:
        return True, "no recorder runs on its node"
    if report is None:
        return False, None
    return _recorded(report)


def _recorded(report: CameraReport) -> tuple[bool, str | None]:
    if not report.mode.connects:
        return True, None
    if report.fallback:
        return True, "it cannot be opened: a stand-in is recorded"
    if report.fps is None:
        return False, None
    return True, None if report.fps else "nothing comes from it"


def _scarce(beat: Beat, told: bool) -> str | None:
    """What is the matter with a node's room; once `told`, until it is well over."""
    if beat.health is None or beat.room_bytes is None:
        return None
    full = beat.bytes / max(beat.bytes + beat.room_bytes, 1)
    if full >= (EASED if told else FULL):
        return f"{full:.0%} of the spool waits for upload"
    return scarce(beat.health.disk_free_bytes, beat.health.disk_total_bytes, told)


def scarce(free_bytes: int, total_bytes: int, told: bool) -> str | None:
    """The same of any disk."""
    free = free_bytes / max(total_bytes, 1)
    return f"{free:.1%} of the disk is free" if free < (AMPLE if told else SCARCE) else None
