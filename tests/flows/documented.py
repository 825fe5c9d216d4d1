"""A page of docs/ as what stands in it: fenced blocks by heading, to be run as a reader would."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

DOCS = Path(__file__).parents[2] / "docs"

_HEADING = re.compile(r"^## (.*)$", re.MULTILINE)
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)

Blocks = Mapping[str, list[str]]  # language → texts, in order


class Page:
    """A page by its second-level headings."""

    def __init__(self, name: str) -> None:
        self.name, self.text = name, (DOCS / name).read_text()
        _, *parts = _HEADING.split(self.text)
        self.sections = dict(zip(parts[::2], parts[1::2], strict=True))

    def blocks(self, heading: str) -> Blocks:
        """The blocks of one section."""
        found: dict[str, list[str]] = {}
        for language, text in _BLOCK.findall(self.sections[heading]):
            found.setdefault(language, []).append(text)
        return found

    def run(self, code: str, names: dict[str, Any]) -> None:
        """Run a Python block; what it names is there for the next one."""
        exec(compile(code, self.name, "exec"), names)
