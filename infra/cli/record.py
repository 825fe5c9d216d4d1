"""`livecam record`."""

from __future__ import annotations

import logging
import time
from contextlib import suppress

import click

from edge.errors import BadSettings
from edge.home import Home
from edge.settings import CameraSettings
from infra import config
from infra.cli import note, say
from infra.config import Config


@click.command()
@click.option("--node", help="Record this node's cameras; needed where the site has several.")
@click.option("--seconds", type=click.FloatRange(min=0.1), help="Stop after so long.")
@click.option("--json", "as_json", is_flag=True, help="Print a row for each segment and gap.")
def record(node: str | None, seconds: float | None, as_json: bool) -> None:
    """Record this node's cameras to the spool, until Ctrl-C seals what is open.

    Example: livecam record --node pi1
    """
    from edge.camera.choose import camera_for
    from edge.camera_process import LOG_FORMAT, Task
    from edge.clock import SystemClock
    from edge.disabled import account_for
    from edge.spool import Spool
    from edge.supervisor import Supervisor

    settings = config.load()
    name, cameras = _cameras(settings, node)
    for camera in cameras:
        camera_for(camera)  # what cannot be meant is told now, not again and again by a process
    logging.basicConfig(format=LOG_FORMAT, level=logging.INFO)
    logging.Formatter.converter = time.gmtime
    spool = Home.from_environment().spool
    tasks = [
        Task(one.name, name, one.source, one.record.segment, str(spool.absolute()))
        for one in cameras
    ]
    deadline = None if seconds is None else time.monotonic() + seconds
    with suppress(KeyboardInterrupt):  # asked to stop before there was anything to seal
        account_for(Spool(spool, name, SystemClock()), SystemClock(), settings.cameras)
        note(f"recording {', '.join(camera.name for camera in cameras)}; Ctrl-C stops")
        Supervisor(
            tasks,
            stopping=lambda: deadline is not None and time.monotonic() >= deadline,
            report=say if as_json else lambda _: None,
        ).run()


def _cameras(settings: Config, node: str | None) -> tuple[str, list[CameraSettings]]:
    """The node and its cameras. Raises BadSettings saying what is missing."""
    if not settings.cameras:
        raise BadSettings(
            "there is no camera to record",
            path=settings.path,
            hint="Write livecam.yaml with cameras: {gate: {source: 'scene:'}}",
        )
    known = ", ".join(settings.nodes)
    if node is None and len(settings.nodes) > 1:
        raise BadSettings("the site has several nodes", hint=f"Give --node, one of: {known}")
    name = node or settings.nodes[0]
    if name not in settings.nodes:
        raise BadSettings(f"there is no node {name!r}", path=settings.path, hint=f"Known: {known}")
    cameras = [camera for camera in settings.cameras.values() if camera.node == name]
    if not cameras:
        raise BadSettings(f"node {name!r} has no camera", path=settings.path)
    return name, cameras
