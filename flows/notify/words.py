"""What a notification says of a row of the feed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from edge.clock import from_iso
from flows.feed import Kind, Told


@dataclass(frozen=True, slots=True)
class Words:
    """Title and text; `event` is whose picture goes along, "" for none."""

    title: str
    text: str
    event: str = ""


_TITLES = {
    Kind.CAMERA_DOWN: "Camera {name} is down",
    Kind.CAMERA_BACK: "Camera {name} is back",
    Kind.NODE_DOWN: "Node {name} is down",
    Kind.NODE_BACK: "Node {name} is back",
    Kind.STORE_DOWN: "The store is down",
    Kind.STORE_BACK: "The store is back",
    Kind.DISK_LOW: "Room is low: {name}",
    Kind.DISK_BACK: "Room again: {name}",
    Kind.FLOW_FAILED: "{name} failed",
    Kind.FLOW_BACK: "{name} works again",
}


def words(told: Told, site: str, time_zone: str = "") -> Words:
    """Of a row that is worth a message; times are of the zone, "" the machine's own."""
    if told.kind is Kind.EVENT:
        start_ms = from_iso(str(told.facts["start"]))
        label, camera = str(told.facts["label"]), told.cameras[0]
        at = _local(start_ms, time_zone)
        return Words(f"{label.capitalize()} at {camera}", f"{site}, {at}", str(told.facts["event"]))
    title = _TITLES[told.kind].format(name=subject(told))
    reason = told.facts.get("reason")
    since = told.facts.get("since")
    more = f": {reason}" if reason else ""
    was = f", was down since {_local(from_iso(str(since)), time_zone)}" if since else ""
    return Words(title, f"{site}, {_local(told.at_ms, time_zone)}{more}{was}")


def subject(told: Told) -> str:
    """What a row is about: a camera, a node, a disk, a flow."""
    if told.kind in (Kind.EVENT, Kind.CAMERA_DOWN, Kind.CAMERA_BACK):
        return told.cameras[0]
    if told.kind in (Kind.NODE_DOWN, Kind.NODE_BACK):
        return told.node
    named = (told.facts.get(key) for key in ("disk", "flow", "store"))
    return str(next(filter(None, named), ""))


def _local(ms: int, time_zone: str) -> str:
    zone = ZoneInfo(time_zone) if time_zone else None
    return f"{datetime.fromtimestamp(ms / 1_000, zone).astimezone(zone):%Y-%m-%d %H:%M:%S %Z}"
