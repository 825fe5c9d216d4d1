"""The service manager that started us, told how we fare (sd_notify, written by hand)."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import MutableMapping
from contextlib import suppress


class Service:
    """systemd's side of a `Type=notify` unit; without one, nothing happens.

    Takes its variables out of the environment: what we start is not the service.
    """

    def __init__(self, environment: MutableMapping[str, str] = os.environ) -> None:
        address = environment.pop("NOTIFY_SOCKET", "")
        # A leading @ stands for the NUL of an abstract socket's name.
        self._address = "\0" + address[1:] if address.startswith("@") else address
        watchdog_us = int(environment.pop("WATCHDOG_USEC", "0"))
        environment.pop("WATCHDOG_PID", None)
        self._every_s = watchdog_us / 3_000_000
        self._told = float("-inf")

    def ready(self, status: str) -> None:
        self._tell(f"READY=1\nSTATUS={status}")

    def stopping(self) -> None:
        self._tell("STOPPING=1")

    def alive(self) -> None:
        """To be called about once a second: tells three times in the time that is allowed."""
        now = time.monotonic()
        if self._every_s and now - self._told >= self._every_s:
            self._told = now
            self._tell("WATCHDOG=1")

    def _tell(self, state: str) -> None:
        if not self._address:
            return
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender, suppress(OSError):
            sender.sendto(state.encode(), self._address)
