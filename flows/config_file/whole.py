"""livecam.yaml as a whole: every layer's sections, unknown keys refused.

Each layer owns its sections; only here are all of them known, so only here can a key that
belongs to none be told from one that belongs to another layer.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from edge.quota import Policy
from edge.settings import (
    CameraSettings,
    Document,
    RecordSettings,
    camera_settings,
    cameras,
    find_file,
    nodes,
    read_document,
    refuse_unknown,
    section,
)
from flows import settings as flows_settings
from flows.settings import FlowSettings

TOP = (
    "site",
    "store",
    "prefect",
    "nodes",
    "spool",
    "record",
    "upload",
    "retain",
    "detect",
    "analyse",
    "gateway",
    "notify",
    "cameras",
)
CAMERA = ("node", "source", "sub", "fallback", "record", "retain", "detect", "notify")


@dataclass(frozen=True, slots=True)
class Config:
    """The whole file, checked; `path` is None on the defaults, `record` a camera's defaults.

    `spools`: how each node's is kept. `serves`: where nodes listen that say so.
    """

    path: Path | None
    record: RecordSettings
    cameras: dict[str, CameraSettings]
    nodes: tuple[str, ...]
    spools: dict[str, Policy]
    serves: dict[str, tuple[str, int]]
    flows: FlowSettings


def load(document: Document | None = None) -> Config:
    """The configuration in force, or a given document. Raises BadSettings."""
    path = find_file() if document is None else None
    values = read_document(path) if document is None else document
    refuse_unknown(values, TOP, str(path or "the configuration"))
    for name, entry in cameras(values).items():
        refuse_unknown(entry, CAMERA, f"cameras.{name}")
    known, found = nodes(values), camera_settings(values)
    return Config(
        path=path,
        record=section(RecordSettings, values.get("record"), "record"),
        cameras=found,
        nodes=tuple(known),
        spools={
            node: one.spool.policy(
                {c.name: c.record.share for c in found.values() if c.node == node}
            )
            for node, one in known.items()
        },
        serves={node: one.serve for node, one in known.items() if one.serve is not None},
        flows=flows_settings.parse(values),
    )


def restarts(before: Config, after: Config) -> list[str]:
    """The sections that differ and are read by whoever starts the site's parts."""
    pairs = {
        "nodes": ((before.nodes, before.serves), (after.nodes, after.serves)),
        "store": (before.flows.store, after.flows.store),
        "prefect": (before.flows.prefect, after.flows.prefect),
        "gateway": (before.flows.gateway, after.flows.gateway),
    }
    return [name for name, (old, new) in pairs.items() if old != new]
