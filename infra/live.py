"""The configuration in force while a recorder runs: read again when livecam.yaml is edited."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

from edge.camera.assembled import assemble
from edge.camera_process import Task
from edge.clock import Clock
from edge.disabled import account_for
from edge.errors import LivecamError
from edge.settings import CameraSettings, read_document
from edge.spool import Spool
from edge.spool.room import save
from edge.watched import WatchedFile
from flows.config_file import whole as config
from flows.config_file.whole import Config, restarts

log = logging.getLogger(__name__)

# The account of a camera that is recorded no more comes as late as the longest segment does.
ACCOUNT_EVERY_MS, AGAIN_MS = 15 * 60_000, 60_000


class Live:
    """What one node's recorder is to record now. A file that is wrong changes nothing.

    Cameras that left the file are accounted for as disabled: when they leave, now and then,
    when they return, and at the end.
    """

    def __init__(self, settings: Config, node: str, spool: Spool, clock: Clock) -> None:
        assert settings.path is not None
        self.trouble: str | None = None  # why the file as it is now is not in force
        self._settings, self._node, self._spool, self._clock = settings, node, spool, clock
        self._path: Path = settings.path
        self._file = WatchedFile(self._path)
        self._asked = False
        self._leaving: set[str] = set()
        self._keep()
        self._account()

    @property
    def tasks(self) -> list[Task]:
        """What each of the node's cameras is recorded by. Raises BadSettings."""
        return [self._task(one) for one in _cameras(self._settings, self._node)]

    def ask(self, *_: object) -> None:
        """Read the file at the next occasion, changed or not; a signal's handler."""
        self._asked = True

    def changes(self) -> Sequence[Task] | None:
        """All tasks, where the file was changed and is sound; to be asked once a second."""
        asked, self._asked = self._asked, False
        if self._file.changed(now=asked):
            return self._read()
        if self._clock.monotonic_ms() - self._accounted_ms >= ACCOUNT_EVERY_MS:
            self._keep()
            self._account()
        return None

    def gone(self, camera: str) -> None:
        """Its process has ended: from here on it is disabled."""
        log.info("%s: is recorded no more", camera)
        self._leaving.discard(camera)
        self._account()

    def close(self) -> None:
        """Account for what is disabled until the end; no camera's process runs any more."""
        self._leaving.clear()
        self._account()

    def _read(self) -> Sequence[Task] | None:
        try:
            found = config.load(read_document(self._path))
            cameras = _cameras(found, self._node)
        except LivecamError as error:
            self._refuse(error)
            return None
        if self.trouble is not None:
            log.info("%s: is sound again", self._path.name)
        self.trouble = None
        self._take_over(found)
        return [self._task(one) for one in cameras]

    def _refuse(self, error: LivecamError) -> None:
        error.path = error.path or str(self._path)
        if self.trouble != str(error):
            self.trouble = str(error)
            log.warning("the file is wrong, and what was in force before stays so: %s", error)

    def _take_over(self, found: Config) -> None:
        self._account()  # what returns was disabled until now
        before, now = (
            {c.name for c in _of_node(settings, self._node)} for settings in (self._settings, found)
        )
        self._leaving = (self._leaving | before) - now
        for what in restarts(self._settings, found):
            log.warning("%s: %s is another: it is taken over by a restart only", self._path, what)
        log.info("%s: read again; cameras here: %d", self._path, len(now))
        self._settings = found
        self._keep()

    def _keep(self) -> None:
        """Have the spool kept as the file says, from the next segment of each camera on."""
        policy = self._settings.spools.get(self._node)
        if policy is None:
            return  # the file names this node no more; what waits is kept as before
        try:
            save(self._spool.root, policy)
        except LivecamError as error:
            log.warning("the spool is kept as it was before: %s", error)

    def _account(self) -> None:
        self._accounted_ms = self._clock.monotonic_ms()
        enabled = {*self._settings.cameras, *self._leaving}
        try:
            account_for(self._spool, self._clock, enabled)
        except LivecamError as error:
            # A full disk: those that record drop their oldest, and are not ended for this (E5).
            log.warning("what is disabled is not written down yet: %s", error)
            self._accounted_ms += AGAIN_MS - ACCOUNT_EVERY_MS

    def _task(self, camera: CameraSettings) -> Task:
        return Task(
            camera.name,
            self._node,
            camera.source,
            camera.record.segment,
            str(self._spool.root.absolute()),
            camera.record.memory,
            camera.record.transport,
            camera.record.ladder.low,
            camera.record.ladder.fair,
            camera.record.ladder.patience,
            plan=camera.record.plan.model_dump(mode="json"),
            sub=camera.sub,
            fallback=camera.fallback,
        )


def _of_node(settings: Config, node: str) -> list[CameraSettings]:
    return [camera for camera in settings.cameras.values() if camera.node == node]


def _cameras(settings: Config, node: str) -> list[CameraSettings]:
    """A node's cameras. Raises BadSettings for a source that cannot be meant."""
    found = _of_node(settings, node)
    for camera in found:
        assemble(camera)
    return found
