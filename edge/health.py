"""How a node fares: what a recorder's machine has left of CPU, memory and disk."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from pydantic import BaseModel, ConfigDict


class Health(BaseModel):
    """One reading. None where this machine does not tell."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    load_1m: float  # runnable processes, averaged over a minute
    cpus: int
    memory_total_bytes: int | None
    memory_free_bytes: int | None
    disk_total_bytes: int
    disk_free_bytes: int
    temperature_c: float | None


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
    )


def _memory() -> dict[str, int]:
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
    except FileNotFoundError:
        return {}
    # `MemTotal:  16306424 kB`
    fields = (line.split() for line in lines)
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
