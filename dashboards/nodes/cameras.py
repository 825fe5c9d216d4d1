"""Cameras as they are configured, as they fare, and what may be done to them."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Any, Literal

from dashboards.nodes.desk import Desk
from edge import report
from edge.clock import to_ms
from edge.errors import BadSettings, LivecamError
from edge.modes.pause import pause, paused, resume
from edge.modes.plan import Mode
from edge.report import CameraReport
from edge.settings import LOCAL_NODE, PLACEHOLDER, find_file, redact
from flows.catalogue import read
from flows.config_file.cameras import Entry, entries
from flows.site import Site

State = Literal["recording", "resting", "off", "paused", "down", "unknown", "not_configured"]
# What a camera's entry may say that is no address; those hold passwords.
_SHOWN = ("record", "retain", "detect")


@dataclass(frozen=True, slots=True)
class CameraNow:
    """One camera; `newest_ms` is the end of its newest footage in the store, if that is known."""

    name: str
    node: str | None
    state: State
    mode: Mode | None
    fps: float | None
    bits_per_s: int | None
    newest_ms: int | None
    source: str | None = None
    sub: str | None = None
    fallback: bool = False
    settings: dict[str, Any] = field(default_factory=dict)


def cameras(site: Site, desk: Desk) -> list[CameraNow]:
    """Every camera that is configured or ever stored something, in order of name."""
    newest = _newest(site)
    written, reports = entries(find_file()), _reports(site, desk)
    stopped = paused(site.home.recorder)
    names = sorted({*site.cameras, *newest})
    return [
        _camera(site, name, written.get(name, {}), reports.get(name), newest.get(name), stopped)
        for name in names
    ]


def _newest(site: Site) -> dict[str, int]:
    try:
        rows = read.latest(site).iter_rows(named=True)
        return {row["camera"]: to_ms(row["end_utc"]) for row in rows}
    except LivecamError:  # the store is away: what is configured is shown all the same
        return {}


def _reports(site: Site, desk: Desk) -> dict[str, CameraReport]:
    """What recorders told within the last seconds."""
    now_ms = desk.clock.utc_ms()
    heard = (one for one in desk.book.heard().values() if not one.is_down(now_ms))
    return {
        camera: told
        for one in heard
        for camera, told in one.beat.cameras.items()
        if site.settings.node_of(camera) == one.node
    }


def _camera(
    site: Site,
    name: str,
    entry: Entry,
    told: CameraReport | None,
    newest_ms: int | None,
    stopped: dict[str, int | None],
) -> CameraNow:
    configured = name in site.settings.camera_nodes
    return CameraNow(
        name=name,
        node=site.settings.camera_nodes.get(name),
        state=_state(told, name in stopped) if configured else "not_configured",
        mode=told.mode if told else None,
        fps=told.fps if told else None,
        bits_per_s=told.bits_per_s if told else None,
        newest_ms=newest_ms,
        source=_address(entry, "source"),
        sub=_address(entry, "sub"),
        fallback=bool(entry.get("fallback")),
        settings={key: entry[key] for key in _SHOWN if entry.get(key) is not None},
    )


def _state(told: CameraReport | None, stopped: bool) -> State:
    if stopped or (told is not None and told.mode is Mode.PAUSED):
        return "paused"
    if told is None or (told.fps is None and told.mode.connects):
        return "unknown"
    if told.mode is Mode.OFF:
        return "off"
    if told.fallback or not told.fps:
        return "down"
    return "resting" if told.mode is Mode.MOTION else "recording"


def _address(entry: Entry, key: str) -> str | None:
    found = entry.get(key)
    return redact(found) if isinstance(found, str) else None


def set_paused(site: Site, desk: Desk, camera: str, *, stop: bool) -> None:
    """Record a camera no more, or again: here at once, elsewhere when its node is heard next."""
    entry = entries(find_file()).get(camera, {})
    node = site.settings.camera_nodes.get(camera) or str(entry.get("node", LOCAL_NODE))
    here = report.read(site.home.recorder, site.clock.utc_ms())
    if node not in here:
        desk.book.order(node, camera, paused=stop)
    elif stop:
        pause(site.home.recorder, camera, site.clock.utc_ms())
    else:
        resume(site.home.recorder, camera)


def source_of(camera: str, source: str | None) -> tuple[str, str]:
    """The address to try, `{NAME}` replaced, and its transport; the configured one for None.

    Raises BadSettings.
    """
    entry = entries(find_file()).get(camera, {})
    record = entry.get("record")
    transport = record.get("transport") if isinstance(record, dict) else None
    text = entry.get("source") if source is None else source
    if not isinstance(text, str):
        raise BadSettings("has no source", camera=camera)
    missing = [name for name in PLACEHOLDER.findall(text) if name not in os.environ]
    if missing:
        raise BadSettings(
            f"its source names {{{missing[0]}}}, which this machine does not hold",
            camera=camera,
            hint="It is in the environment of the node that records it",
        )
    return PLACEHOLDER.sub(lambda found: os.environ[found[1]], text), str(transport or "tcp")
