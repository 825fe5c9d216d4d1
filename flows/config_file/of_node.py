"""The part of the hub's livecam.yaml that a node needs, and how it is put into the node's own.

Below a line of comment a node's file holds what the hub said last; above it is the node's own:
how it reaches the hub, and with which keys. `{NAME}` stays as it is written: secrets of cameras are
in the environment of the node that records them.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from edge.camera.assembled import assemble
from edge.errors import BadSettings, LivecamError
from edge.settings import parse_document
from flows.config_file import file, whole

MARK = "# From the hub, which writes it anew: what stands above this line is this machine's own."
# Of the whole site, and of a camera, what recording and uploading ask for.
_SITE = ("site", "record", "spool", "upload")
_CAMERA = ("node", "source", "sub", "fallback", "record")

Part = dict[str, Any]


def part_of(text: str, node: str) -> Part:
    """What a sound file says to a node: no other node's, and no secret of the hub's own."""
    document: Mapping[str, Any] = yaml.safe_load(text) or {}
    cameras: Mapping[str, Mapping[str, Any]] = document.get("cameras") or {}
    nodes: Mapping[str, Any] = document.get("nodes") or {node: {}}
    alone = list(nodes) == [node]
    own = {
        name: {key: entry[key] for key in _CAMERA if key in entry} | {"node": node}
        for name, entry in cameras.items()
        if entry.get("node", node if alone else None) == node
    }
    told = {key: document[key] for key in _SITE if document.get(key) is not None}
    return {**told, "nodes": {node: nodes.get(node) or {}}, "cameras": own}


def joined(text: str, part: Part) -> str:
    """A node's own file with the hub's part below, in the place of the one before."""
    own = _without(text.partition(MARK)[0], part)
    if own and not own.endswith("\n"):
        own += "\n"
    return f"{own}{MARK}\n{yaml.safe_dump(part, sort_keys=False, allow_unicode=True)}"


def apply(path: Path, part: Part) -> bool:
    """Put the hub's part into a node's file; False where it says so already.

    All that loading checks is checked before, with this machine's secrets. Raises BadSettings, and
    leaves the file as it is.
    """

    def edit(text: str) -> str:
        new = joined(text, part)
        if new != text:
            _check(new, path)
        return new

    return file.replace(path, edit)


def _check(text: str, path: Path) -> None:
    for camera in whole.load(parse_document(text, path)).cameras.values():
        assemble(camera)


def _without(text: str, part: Part) -> str:
    """A file's text without the sections that the part has."""
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    if root is None:
        return text
    if not isinstance(root, yaml.MappingNode) or root.flow_style:
        raise BadSettings(
            "the node's own file cannot be added to",
            hint="Write its sections on lines of their own",
        )
    starts = [key.start_mark.index for key, _ in root.value]
    pairs = zip(root.value, starts, [*starts[1:], len(text)], strict=True)
    for (key, _), start, end in reversed(list(pairs)):
        if key.value in part:
            text = text[:start] + text[end:]
    return text


def main() -> None:
    """`python -m flows.config_file.of_node FILE`: apply the part that comes on standard input.

    What is wrong with it is a line of standard error, and exit 1.
    """
    try:
        apply(Path(sys.argv[1]), json.load(sys.stdin))
    except LivecamError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(1)


if __name__ == "__main__":
    main()
