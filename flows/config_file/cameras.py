"""Edits of single cameras in livecam.yaml's text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from edge.errors import BadSettings, ObjectExists, ObjectMissing
from edge.settings import refuse_unknown
from flows.config_file import yaml_edit
from flows.config_file.whole import CAMERA

Entry = Mapping[str, Any]


def entries(path: Path | None) -> dict[str, Entry]:
    """Every camera as it is written, `{NAME}` as it is; {} where nothing sound is."""
    try:
        document = yaml.safe_load(path.read_bytes()) if path else None
    except (OSError, yaml.YAMLError):
        return {}
    found = document.get("cameras") if isinstance(document, dict) else None
    named = found.items() if isinstance(found, dict) else ()
    return {str(name): entry for name, entry in named if isinstance(entry, dict)}


def added(text: str, name: str, entry: Entry) -> str:
    """With a camera more. Raises ObjectExists, and BadSettings as `yaml_edit.put`."""
    if name in _cameras(text):
        raise ObjectExists("there is such a camera already", camera=name)
    first = {key: entry[key] for key in ("node", "source") if key in entry}
    text = yaml_edit.put(text, ("cameras", name), first)
    return changed(text, name, {key: value for key, value in entry.items() if key not in first})


def changed(text: str, name: str, values: Entry) -> str:
    """With these of a camera's keys another; None takes a key out, and what is in it.

    Raises ObjectMissing.
    """
    if name not in _cameras(text):
        raise _missing(name)
    refuse_unknown(values, CAMERA, "a camera")
    for path, value in _leaves(values):
        whole = ("cameras", name, *path)
        text = _dropped(text, whole) if value is None else yaml_edit.put(text, whole, value)
    return text


def removed(text: str, name: str) -> str:
    """Without a camera. Raises ObjectMissing."""
    if name not in _cameras(text):
        raise _missing(name)
    return yaml_edit.drop(text, ("cameras", name))


def _cameras(text: str) -> Entry:
    document = yaml.safe_load(text)
    found = document.get("cameras") if isinstance(document, dict) else None
    return found if isinstance(found, dict) else {}


def _leaves(values: Entry, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    for key, value in values.items():
        if not isinstance(key, str):
            raise BadSettings("a camera's keys are words")
        if isinstance(value, Mapping) and value:
            yield from _leaves(value, (*path, key))
        else:
            yield (*path, key), value


def _dropped(text: str, path: tuple[str, ...]) -> str:
    try:
        return yaml_edit.drop(text, path)
    except KeyError:
        return text  # it is not there: as asked


def _missing(name: str) -> ObjectMissing:
    return ObjectMissing(f"there is no camera {name!r}")
