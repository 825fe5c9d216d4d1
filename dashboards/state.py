"""How a site is: cameras, nodes, spool, store and room, as values that a page can show."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from dashboards.spools import SpoolState, rests, stands_in, waiting
from edge.clock import to_ms
from edge.errors import LivecamError, Retryable
from edge.receipt import Waiting
from flows.catalogue import read
from flows.runs import DOWN_AFTER_MS, Deployment, Run, Runs, Worker
from flows.site import Site
from flows.store import FOOTAGE

# A camera whose newest footage is older than this beyond its segment's length is late.
LATE_MS = 120_000
DAY_MS = 86_400_000
RUNS = 30


@dataclass(frozen=True, slots=True)
class CameraState:
    """One camera; ages in ms, None where it never stored anything.

    `lag_ms` lies between the end of its newest segment and its arrival in the store.
    """

    name: str
    node: str
    newest_ms: int | None
    age_ms: int | None
    lag_ms: int | None
    bytes_per_s: float
    waiting: Waiting
    imported: bool = False
    rests: bool = False  # nothing new is wanted of it now
    stands_in: bool = False  # what is new is not its own

    @property
    def is_late(self) -> bool:
        """Whether a camera that should be recording stores nothing new."""
        if self.imported or self.rests:
            return False
        return self.age_ms is None or self.age_ms > LATE_MS


@dataclass(frozen=True, slots=True)
class NodeState:
    """A node, or the hub (`name` ""), by its workers' newest report."""

    name: str
    heartbeat_ms: int | None
    age_ms: int | None

    @property
    def is_down(self) -> bool:
        """Whether no worker of it has reported for DOWN_AFTER_MS."""
        return self.age_ms is None or self.age_ms > DOWN_AFTER_MS


@dataclass(frozen=True, slots=True)
class Room:
    """The disk that the store is on, where this machine has it; `days_left` at today's rate."""

    free_bytes: int
    total_bytes: int
    days_left: float | None


def cameras(site: Site, spools: Sequence[SpoolState] = ()) -> list[CameraState]:
    """Every camera that is configured, waits or ever stored something, in order of name."""
    newest = {row["camera"]: row for row in read.latest(site).iter_rows(named=True)}
    now_ms = site.clock.utc_ms()
    held = {name for one in spools for name in one.state.cameras if site.sees(name)}
    names = sorted({*newest, *site.cameras, *held})
    found = (_camera(site, one, newest.get(one), waiting(spools, one), now_ms) for one in names)
    return [_faring(one, spools) for one in found]


def _faring(camera: CameraState, spools: Sequence[SpoolState]) -> CameraState:
    name = camera.name
    return replace(camera, rests=rests(spools, name), stands_in=stands_in(spools, name))


def _camera(
    site: Site, name: str, row: Mapping[str, object] | None, held: Waiting, now_ms: int
) -> CameraState:
    node = site.settings.node_of(name) or ""
    if row is None:
        return CameraState(name, node, None, None, None, 0.0, held)
    end_ms, received_ms = (to_ms(row[k]) for k in ("end_utc", "received_utc"))  # type: ignore[arg-type]
    # Nobody records a camera that no configuration names: its footage was brought in.
    imported = name not in site.settings.camera_nodes
    seconds = max(int(str(row["wall_ms"])), 1) / 1_000
    return CameraState(
        name=name,
        node=str(row["node"]),
        newest_ms=end_ms,
        age_ms=max(now_ms - end_ms, 0),
        lag_ms=None if imported else max(received_ms - end_ms, 0),
        bytes_per_s=0.0 if imported else int(str(row["size_bytes"])) / seconds,
        waiting=held,
        imported=imported,
    )


def runway_ms(free_bytes: int, states: Iterable[CameraState]) -> int | None:
    """How long a disk lasts at what streams in; None for no stream."""
    rate = sum(state.bytes_per_s for state in states if not state.is_late)
    return round(free_bytes / rate * 1_000) if rate else None


def room(site: Site, states: Iterable[CameraState]) -> Room | None:
    """The store's disk; None where the store is another machine's.

    Other cameras fill it too: how long it lasts is told to those who see all.
    """
    at = _store_folder(site)
    if at is None:
        return None
    disk = shutil.disk_usage(at)
    lasts_ms = runway_ms(disk.free, states) if site.only is None else None
    return Room(disk.free, disk.total, None if lasts_ms is None else lasts_ms / DAY_MS)


def _store_folder(site: Site) -> Path | None:
    if site.settings.store.kind == "folder":
        return site.home.store
    own = site.settings.store.endpoint is None and site.home.minio.is_dir()
    return site.home.minio if own else None


def store_error(site: Site) -> LivecamError | None:
    """Why the store can't be used; None when it answers."""
    try:
        site.store.folders(FOOTAGE, "videos/")
    except LivecamError as error:
        return error
    return None


@dataclass(frozen=True, slots=True)
class Work:
    """What Prefect tells; `trouble` where it gives no answer."""

    workers: list[Worker]
    runs: list[Run]
    deployments: list[Deployment]
    trouble: str | None = None


def work(site: Site) -> Work:
    """Workers, schedules and last runs."""
    asked = Runs.of(site.settings, site.home)
    try:
        return Work(asked.workers(), asked.last_runs(RUNS), asked.deployments())
    except Retryable as error:
        return Work([], [], [], str(error))


def nodes(
    site: Site, workers: Iterable[Worker] | None, heard: Mapping[str, int]
) -> list[NodeState]:
    """The nodes that one may see, then the hub, each by its newest report.

    `heard`: when each that beats did so last (UTC ms). A worker that is started again has another
    name, so that old ones say nothing of a node. Where workers cannot be asked (None), only nodes
    that beat are told of.
    """
    own = {site.settings.node_of(camera) for camera in site.cameras}
    seen = {one for one in site.settings.nodes if site.only is None or one in own}
    reported: dict[str, int | None] = {one: heard[one] for one in seen & set(heard)}
    for worker in workers or ():
        name = worker.node or ""
        if site.only is None or name in seen:
            had = reported.get(name) or 0
            reported[name] = max(had, worker.heartbeat_ms or 0) or None
    if workers is not None:
        reported |= dict.fromkeys(seen - set(reported))
    now_ms = site.clock.utc_ms()
    return [
        NodeState(name, at_ms, None if at_ms is None else max(now_ms - at_ms, 0))
        for name, at_ms in sorted(reported.items(), key=lambda item: (item[0] == "", item[0]))
    ]


def last_of_each(runs: Iterable[Run]) -> list[Run]:
    """The newest run of every deployment, in order of name; `runs` come newest first."""
    newest: dict[str, Run] = {}
    for run in runs:
        newest.setdefault(run.deployment or run.flow, run)
    return [newest[name] for name in sorted(newest)]


def set_aside(site: Site) -> pl.DataFrame:
    """What could not be processed, newest first."""
    return read.set_aside(site).reverse()
