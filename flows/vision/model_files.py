"""Files of the models folder: whole or not at all, by whichever process comes first."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from edge.errors import BadModel


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Map what a disk answers to BadModel, naming the file."""
    try:
        yield
    except OSError as error:
        raise BadModel(f"{path.name} can't be written: {error.strerror}", path=path) from error


@contextmanager
def arriving(path: Path) -> Iterator[Path]:
    """A name to write to, in the same folder; the file takes `path` once the block is through."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".new-") as folder:
        part = Path(folder) / path.name
        yield part
        os.replace(part, path)  # noqa: PTH105  says that it replaces


def write(path: Path, data: bytes) -> None:
    """Write or replace a file. Raises BadModel where the disk refuses."""
    with writing(path), arriving(path) as part:
        part.write_bytes(data)
