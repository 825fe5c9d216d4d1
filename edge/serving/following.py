"""The hub's configuration, followed by a node: fetched where it is new, checked, written down."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from edge.errors import LivecamError
from edge.serving.beat import Answer, Applied
from edge.settings import find_file

AGAIN_BEATS = 12  # a version that was refused is tried again after so many: a minute
SECONDS = 60
Ask = Callable[[str], Any]


class SameFile:
    """On the hub's own machine, whose file is what the hub versions: there is nothing to fetch."""

    def __init__(self, path: Path | None) -> None:
        self._path = path

    def __call__(self, answer: Answer) -> Applied:
        try:
            data = self._path.read_bytes() if self._path else b""
        except OSError:
            return Applied(trouble="livecam.yaml cannot be read")
        same = hashlib.sha256(data).hexdigest() == answer.config_digest
        return Applied(version=answer.config_version if same else None)


class Fetched:
    """On another machine. `argv` is given a node's part on its standard input, and the file.

    It writes the file, or changes nothing and says in a line of standard error why: a process of
    its own, since all that checks a configuration is twice the size of what serves pictures.
    """

    def __init__(self, node: str, ask: Ask, path: Path, argv: tuple[str, ...]) -> None:
        self._node, self._ask, self._path, self._argv = node, ask, path, argv
        self._applied, self._tried, self._again = Applied(), 0, 0

    def __call__(self, answer: Answer) -> Applied:
        self._again -= 1
        new = answer.config_version not in (self._applied.version, self._tried)
        if answer.config_version and (new or (self._applied.trouble and self._again <= 0)):
            self._tried, self._again = answer.config_version, AGAIN_BEATS
            trouble = self._trouble(answer.config_version)
            version = self._applied.version if trouble else answer.config_version
            self._applied = Applied(version=version, trouble=trouble)
        return self._applied

    def _trouble(self, number: int) -> str | None:
        """Why a version is not in force; None where it is."""
        try:
            found = self._ask(f"/nodes/{self._node}/config?version={number}")
            part = json.dumps(found["part"])
            done = subprocess.run(
                [*self._argv, str(self._path)],
                input=part,
                capture_output=True,
                text=True,
                timeout=SECONDS,
                check=False,
            )
        except (LivecamError, KeyError, TypeError, ValueError) as error:
            return f"version {number} cannot be fetched: {error}"[:300]
        except (OSError, subprocess.TimeoutExpired):
            return f"version {number} cannot be checked"
        if done.returncode == 0:
            return None
        said = done.stderr.strip().splitlines() or ["it is refused"]
        return f"version {number}: {said[-1]}"[:300]


def follow(node: str, ask: Ask, apply: str) -> SameFile | Fetched:
    """By what whoever started us says; `apply` names a module, "" for the hub's own machine."""
    path = find_file()
    if not apply or path is None:
        return SameFile(path)
    return Fetched(node, ask, path, (sys.executable, "-m", apply))
