"""Reads a TorchScript archive only as far as to know that opening it touches nothing else.

TorchScript is a program, and parts of it run while it is loaded. Its code lies in the archive as
text (`*.py`), so what it calls is told before PyTorch sees a byte of it: what reads or writes
files or asks other machines, and operators that a shared library would have to bring.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from edge.errors import BadModel

# Code of a detector is some 100 KB; a zip can claim any size.
_LARGEST_CODE = 16 * 1024 * 1024
# Of PyTorch's own operators, those with a file name or a host among their arguments.
_OUTSIDE = re.compile(r"\b(from_file|save|load_tensor|rpc_\w+)\s*\(")
_OPERATOR = re.compile(r"\bops\.([A-Za-z_]\w*)\.([A-Za-z_]\w*)")
# TorchScript's own: what `torch.` cannot name.
_OWN = frozenset({"prim", "aten"})


def check(weights: bytes, path: Path) -> None:
    """Raises BadModel for what is no TorchScript archive, or may reach outside its own bytes."""
    try:
        with zipfile.ZipFile(io.BytesIO(weights)) as archive:
            found = list(_code(archive))
    except (zipfile.BadZipFile, zlib.error, RuntimeError, ValueError, EOFError) as error:
        raise BadModel(f"model {path.name} is no TorchScript file: {error}", path=path) from None
    if not found:
        raise BadModel(f"model {path.name} is no TorchScript file: it holds no code", path=path)
    outside = next((told for text in found for told in _calls(text)), None)
    if outside:
        hint = "Export it as one file of standard operators"
        raise BadModel(f"model {path.name} calls {outside}", path=path, hint=hint)


def _code(archive: zipfile.ZipFile) -> Iterator[str]:
    # Wherever it lies: PyTorch looks names up without regard to case.
    entries = [one for one in archive.infolist() if one.filename.lower().endswith(".py")]
    if sum(one.file_size for one in entries) > _LARGEST_CODE:
        raise ValueError("its code is larger than any network's")
    for entry in entries:
        yield archive.read(entry).decode("utf-8", errors="replace")


def _calls(text: str) -> Iterator[str]:
    for namespace, name in _OPERATOR.findall(text):
        if namespace not in _OWN:
            yield f"an operator of its own: {namespace[:60]}.{name[:60]}"
    for word in _OUTSIDE.findall(text):
        yield f"what reaches other files or machines: {word[:60]}"
