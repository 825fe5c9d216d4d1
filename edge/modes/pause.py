"""Cameras that a person paused: a file each, which outlives restarts.

`livecam cameras pause` writes it, and the camera's process looks for it twice a second.
"""

from __future__ import annotations

import json
from pathlib import Path

from edge.clock import from_iso, to_iso
from edge.durable import disk_errors, sync_folder, write_file
from edge.segment import check_name

_PAUSED = ".paused.json"


def pause_file(folder: Path, camera: str) -> Path:
    """Where a camera's pause stands, in `Home.recorder`."""
    return folder / f"{check_name(camera)}{_PAUSED}"


def pause(folder: Path, camera: str, now_ms: int) -> None:
    """Record no more of a camera until `resume`; harmless to repeat. Raises SpoolFull."""
    path = pause_file(folder, camera)
    if path.exists():
        return
    with disk_errors(camera, path):
        folder.mkdir(parents=True, exist_ok=True)
        write_file(path, json.dumps({"since_utc": to_iso(now_ms)}).encode())


def resume(folder: Path, camera: str) -> bool:
    """Record it again; False where it was not paused."""
    path = pause_file(folder, camera)
    if not path.exists():
        return False
    path.unlink(missing_ok=True)
    sync_folder(folder)
    return True


def paused(folder: Path) -> dict[str, int | None]:
    """The paused cameras, and since when (UTC ms); None where its file no longer tells."""
    found = sorted(folder.glob(f"*{_PAUSED}"))
    return {path.name.removesuffix(_PAUSED): _since(path) for path in found}


def _since(path: Path) -> int | None:
    try:
        return from_iso(json.loads(path.read_bytes())["since_utc"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
