"""How a node fares: what a recorder's machine has left of CPU, memory and disk."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from edge.clocks import ntp
from edge.clocks.ntp import ClockState

Rate = Annotated[int, Field(ge=0, lt=2**53)]
Throttle = Literal["under_voltage", "capped", "throttled", "hot"]

_THROTTLES: tuple[Throttle, ...] = ("under_voltage", "capped", "throttled", "hot")  # by bit
# Of a Raspberry Pi: where its kernel says so, and the program that asks the firmware.
_THROTTLED = Path("/sys/devices/platform/soc/soc:firmware/get_throttled")
_VCGENCMD = "vcgencmd"
_ASK_SECONDS = 60.0  # a program costs what a hundred readings of files do


class Health(BaseModel):
    """One reading. None where this machine does not tell, or not yet.

    `cpu` is the share of all cores that was busy since the reading before; the network's
    figures are of all interfaces but loopback; `clock` is what the NTP service tells.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    load_1m: float  # runnable processes, averaged over a minute
    cpus: int
    memory_total_bytes: int | None
    memory_free_bytes: int | None
    disk_total_bytes: int
    disk_free_bytes: int
    temperature_c: float | None
    cpu: Annotated[float, Field(ge=0, le=1)] | None = None
    throttled: Annotated[tuple[Throttle, ...], Field(max_length=4)] | None = None
    received_bytes_per_s: Rate | None = None
    sent_bytes_per_s: Rate | None = None
    clock: ClockState | None = None


def read(folder: Path) -> Health:
    """Read the machine's health; the disk is the one that holds `folder`, which must exist."""
    disk = shutil.disk_usage(folder)
    memory = _memory()
    return Health(
        load_1m=os.getloadavg()[0],
        cpus=os.cpu_count() or 1,
        memory_total_bytes=memory.get("MemTotal"),
        memory_free_bytes=memory.get("MemAvailable"),
        disk_total_bytes=disk.total,
        disk_free_bytes=disk.free,
        temperature_c=_temperature(),
        clock=ntp.read(),
    )


class Meter:
    """Reads what is only known between two readings, too."""

    def __init__(self) -> None:
        self._at = time.monotonic()
        self._cpu, self._network = _cpu(), _network()
        self._throttled: tuple[Throttle, ...] | None = None
        self._ask_at = 0.0
        self._program = None if _THROTTLED.exists() else shutil.which(_VCGENCMD)

    def read(self, folder: Path) -> Health:
        """As `read` does, and rates since the last time."""
        now = time.monotonic()
        seconds, self._at = max(now - self._at, 0.001), now
        received, sent = self._rates(seconds)
        more = {
            "cpu": self._busy(),
            "throttled": self._throttles(now),
            "received_bytes_per_s": received,
            "sent_bytes_per_s": sent,
        }
        return read(folder).model_copy(update=more)

    def _busy(self) -> float | None:
        before, self._cpu = self._cpu, _cpu()
        if before is None or self._cpu is None or self._cpu[1] <= before[1]:
            return None
        idle, total = (new - old for new, old in zip(self._cpu, before, strict=True))
        return round(min(max(1 - idle / total, 0), 1), 3)

    def _rates(self, seconds: float) -> tuple[int | None, int | None]:
        before, self._network = self._network, _network()
        if before is None or self._network is None:
            return None, None
        # An interface that went away takes its counts along.
        passed = [max(new - old, 0) for new, old in zip(self._network, before, strict=True)]
        return round(passed[0] / seconds), round(passed[1] / seconds)

    def _throttles(self, now: float) -> tuple[Throttle, ...] | None:
        if _THROTTLED.exists():
            return throttles(_text(_THROTTLED))
        if self._program is not None and now >= self._ask_at:
            self._ask_at = now + _ASK_SECONDS
            with suppress(OSError, subprocess.TimeoutExpired):
                asked = subprocess.run(
                    [self._program, "get_throttled"],
                    capture_output=True,
                    text=True,
                    timeout=2,
                    check=False,
                )
                self._throttled = throttles(asked.stdout.partition("=")[2])
        return self._throttled


def throttles(text: str) -> tuple[Throttle, ...] | None:
    """What a Raspberry Pi's firmware says is the matter now, in hexadecimal; None for no number."""
    try:
        bits = int(text, 16)
    except ValueError:
        return None
    return tuple(name for bit, name in enumerate(_THROTTLES) if bits >> bit & 1)


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""


def _cpu() -> tuple[int, int] | None:
    """Ticks of all cores: idle or waiting for a disk, and in all."""
    # `cpu  user nice system idle iowait irq softirq steal guest guest_nice`
    fields = [int(word) for word in _text(Path("/proc/stat")).partition("\n")[0].split()[1:9]]
    return (fields[3] + fields[4], sum(fields)) if len(fields) == 8 else None


def _network() -> tuple[int, int] | None:
    """Bytes that were received and sent since the start of the machine."""
    # `  eth0: bytes packets … (8 of what came, then 8 of what went)`
    pairs = (line.partition(":") for line in _text(Path("/proc/net/dev")).splitlines()[2:])
    found = [rest.split() for name, _, rest in pairs if name.strip() != "lo"]
    if not found:
        return None
    return sum(int(f[0]) for f in found), sum(int(f[8]) for f in found)


def _memory() -> dict[str, int]:
    # `MemTotal:  16306424 kB`
    fields = (line.split() for line in _text(Path("/proc/meminfo")).splitlines())
    return {f[0].rstrip(":"): int(f[1]) * 1024 for f in fields if len(f) == 3}


def _temperature() -> float | None:
    """The hottest thermal zone, in degrees Celsius."""
    readings = []
    for zone in Path("/sys/class/thermal").glob("thermal_zone*/temp"):
        try:
            readings.append(int(zone.read_text()) / 1000)
        except (OSError, ValueError):
            continue  # a zone whose sensor is off
    return max(readings, default=None)
