"""On which port a node serves, for a gateway of the same home: a file beside its recorders'."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from edge.home import Home


def _path(home: Home, node: str) -> Path:
    return home.recorder / f"{node}.serving.json"


@contextmanager
def told(home: Home, node: str, port: int) -> Iterator[None]:
    """While the body runs, the file is there; one of who was killed names a port that is deaf."""
    path = _path(home, node)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(f".{os.getpid()}")
    temporary.write_text(json.dumps({"port": port}))
    temporary.replace(path)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def port_of(home: Home, node: str) -> int | None:
    """The port on this machine; None where the node serves elsewhere, or not now."""
    with suppress(OSError, ValueError, KeyError, TypeError):
        return int(json.loads(_path(home, node).read_text())["port"])
    return None
