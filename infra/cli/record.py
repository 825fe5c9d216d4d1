"""`livecam record`."""

from __future__ import annotations

import logging
import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

import click

from edge.errors import BadSettings
from edge.home import Home
from edge.settings import CameraSettings
from flows.config_file import whole as config
from flows.config_file.whole import Config
from infra.cli import note, say

if TYPE_CHECKING:
    from edge.child import Row
    from edge.modes.events import Events
    from edge.report import Room
    from edge.spool import Spool


@click.command()
@click.option("--node", help="Record this node's cameras; needed where the site has several.")
@click.option("--seconds", type=click.FloatRange(min=0.1), help="Stop after so long.")
@click.option("--wait", is_flag=True, help="Wait for a camera where the file names none yet.")
@click.option("--json", "as_json", is_flag=True, help="Print a row a segment, gap and motion.")
def record(node: str | None, seconds: float | None, wait: bool, as_json: bool) -> None:
    """Record this node's cameras to the spool, until Ctrl-C seals what is open.

    Edit livecam.yaml meanwhile: within seconds only the cameras that changed begin anew, the
    others record on. A file that is wrong is told, and changes nothing. SIGHUP reads it at once.

    Example: livecam record --node pi1
    """
    from edge.camera_process import LOG_FORMAT
    from edge.clock import SystemClock
    from edge.modes.events import Events
    from edge.report import Fares, Reporter
    from edge.service import Service
    from edge.spool import Spool
    from edge.spool.room import MARGIN_BYTES
    from edge.supervisor import Hooks, Supervisor
    from infra.live import Live

    settings = config.load()
    name, cameras = _cameras(settings, node, wait=wait)
    logging.basicConfig(format=LOG_FORMAT, level=logging.INFO)
    logging.Formatter.converter = time.gmtime
    clock, service, home = SystemClock(), Service(), Home.from_environment()
    deadline = None if seconds is None else time.monotonic() + seconds
    with suppress(KeyboardInterrupt):  # asked to stop before there was anything to seal
        spool = Spool(home.spool, name, clock)
        live = Live(settings, name, spool, clock)
        tasks = live.tasks  # what cannot be meant is told now, not by a process again and again
        _on_hang_up(live.ask)
        names = ", ".join(camera.name for camera in cameras) or "no camera yet"
        note(f"recording {names}; Ctrl-C stops")
        service.ready(f"recording {names}")
        room = _room(spool)
        with Reporter(home.recorder, name, home.spool, MARGIN_BYTES, clock, room) as reporter:

            def tick(fares: Fares) -> None:
                service.alive()
                reporter.tick(fares, live.trouble)

            Supervisor(
                tasks,
                stopping=lambda: deadline is not None and time.monotonic() >= deadline,
                report=_report(Events(home.recorder), as_json),
                hooks=Hooks(live.changes, live.gone, tick, service.stopping),
            ).run()
        live.close()


def _room(spool: Spool) -> Room:
    """What is left of the spool, and whether cameras record less when that is little."""
    from edge.quota import WhenFull
    from edge.report import Left

    def left() -> Left:
        lowers = spool.policy.when_full is WhenFull.LOWER
        return Left(spool.left_bytes(), lowers, spool.left_of_cameras())

    return left


def _report(events: Events, as_json: bool) -> Callable[[Row], None]:
    """What becomes of the rows that camera processes tell."""

    def told(row: Row) -> None:
        if row.get("kind") == "motion":
            events.add(row)
        if as_json:
            say(row)

    return told


def _on_hang_up(reload: Callable[[], None]) -> None:
    """SIGHUP asks to read the configuration, unless it says that our terminal was closed."""
    at_a_terminal = _terminal()

    def heard(*_: object) -> None:
        if at_a_terminal and not _terminal():
            raise KeyboardInterrupt
        reload()

    signal.signal(signal.SIGHUP, heard)


def _terminal() -> bool:
    """Whether there is a controlling terminal now."""
    try:
        os.close(os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY))
    except OSError:
        return False
    return True


def _cameras(settings: Config, node: str | None, *, wait: bool) -> tuple[str, list[CameraSettings]]:
    """The node and its cameras. Raises BadSettings saying what is missing."""
    if settings.path is None or not (settings.cameras or wait):
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
    if not (cameras or wait):
        raise BadSettings(f"node {name!r} has no camera", path=settings.path)
    return name, cameras
