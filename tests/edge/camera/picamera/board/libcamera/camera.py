"""The camera manager, its cameras, and a sensor that is drawn."""

from __future__ import annotations

import errno
import os
import threading
import time
from contextlib import suppress
from functools import cache
from pathlib import Path

from . import controls, properties
from ._libcamera import (
    CameraConfiguration,
    ControlId,
    ControlInfo,
    FrameMetadata,
    Request,
    StreamRole,
)
from .board import BOARD
from .drawn import Drawn


class CameraManager:
    """One a process, with the requests that cameras have filled."""

    @staticmethod
    @cache
    def singleton() -> CameraManager:
        return CameraManager()

    def __init__(self) -> None:
        self.event_fd = os.eventfd(0, os.EFD_NONBLOCK)
        self._ready: list[Request] = []
        self._lock = threading.Lock()
        self.cameras = [Camera(number, self) for number in range(BOARD.cameras)]

    def get_ready_requests(self) -> list[Request]:
        with self._lock:
            with suppress(BlockingIOError):
                os.eventfd_read(self.event_fd)
            ready, self._ready = self._ready, []
            return ready

    def done(self, request: Request) -> None:
        with self._lock:
            self._ready.append(request)
            os.eventfd_write(self.event_fd, 1)


class Camera:
    """A sensor that waits for a buffer: on a slow machine it takes pictures more slowly.

    So whatever number is missing from what was recorded was lost behind it.
    """

    def __init__(self, number: int, manager: CameraManager) -> None:
        # Camera 0 is the last by its name: picamera2 sorts them backwards.
        self.id = f"/base/axi/pcie@1000120000/rp1/i2c@{8 - number}8000/imx708@1a"
        self.properties: dict[ControlId, object] = dict(properties.TOLD)
        self.controls: dict[ControlId, ControlInfo] = dict(controls.OFFERED)
        self._manager, self._drawn = manager, Drawn(f"csi{number}")
        self._acquired = self._running = False
        self._limits_us = 33_333
        self._queued: list[Request] = []
        self._changed = threading.Condition()
        self._thread = threading.Thread()
        self._configuration = CameraConfiguration(0)

    def acquire(self) -> None:
        if self._acquired or (BOARD.busy and Path(BOARD.busy).exists()):
            # As pybind11 hands std::system_error on: the number is in the words alone.
            raise RuntimeError(f"Failed to acquire camera: {os.strerror(errno.EBUSY)}")
        self._acquired = True

    def release(self) -> None:
        assert self._acquired
        assert not self._running
        self._acquired = False

    def generate_configuration(self, roles: list[StreamRole]) -> CameraConfiguration:
        return CameraConfiguration(len(roles))

    def configure(self, configuration: CameraConfiguration) -> int:
        assert self._acquired
        self._configuration = configuration
        return 0

    def create_request(self, cookie: int) -> Request:
        return Request(cookie)

    def start(self, wanted: dict[ControlId, object]) -> None:
        limits = wanted.get(controls.FrameDurationLimits)
        assert isinstance(limits, tuple)
        self._limits_us, self._running = limits[0], True
        self._thread = threading.Thread(target=self._expose, name="sensor", daemon=True)
        self._thread.start()

    def queue_request(self, request: Request) -> None:
        with self._changed:
            self._queued.append(request)
            self._changed.notify()

    def stop(self) -> None:
        with self._changed:
            self._running = False
            self._changed.notify()
        self._thread.join()
        while self._queued:
            self._finish(self._queued.pop(0), Request.Status.Cancelled)

    def _expose(self) -> None:
        due = time.monotonic()
        taken = 0
        while request := self._next():
            if taken == BOARD.freeze_at and self._drawn.number == taken:
                return self._freeze(request)
            due = max(due + self._limits_us / 1e6, time.monotonic())
            time.sleep(max(0.0, due - time.monotonic()))
            taken += 1
            request.metadata[controls.SensorTimestamp] = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
            self._drawn.fill(request, self._configuration)
            self._finish(request, Request.Status.Complete)
        return None

    def _freeze(self, request: Request) -> None:
        with self._changed:
            self._queued.insert(0, request)
            self._changed.wait_for(lambda: not self._running)
        self._drawn.number += 1  # once only

    def _next(self) -> Request | None:
        with self._changed:
            self._changed.wait_for(lambda: self._queued or not self._running)
            return self._queued.pop(0) if self._running else None

    def _finish(self, request: Request, status: Request.Status) -> None:
        request.status = status
        for buffer in request.buffers.values():
            cancelled = status is Request.Status.Cancelled
            buffer.metadata.status = (
                FrameMetadata.Status.Cancelled if cancelled else FrameMetadata.Status.Success
            )
        self._manager.done(request)
