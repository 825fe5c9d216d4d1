"""Edits of single cameras in livecam.yaml's text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from edge.errors import BadSettings, ObjectExists, ObjectMissing
from edge.settings import PLACEHOLDER, refuse_unknown
from flows.config_file import yaml_edit
from flows.config_file.whole import CAMERA

Entry = Mapping[str, Any]
# Of all that is checked only these are never part of a message: a secret may stand in them.
_ADDRESSES = {("source",), ("sub",), ("notify",), ("notify", "urls")}
# They name files and devices of the node: another camera's, too.
_OF_THE_NODE = ("clip:", "v4l2:", "picamera:")


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


def changed(text: str, name: str, values: Entry, *, alone: bool = False) -> str:
    """With these of a camera's keys another; None takes a key out, and what is in it.

    `alone`: by somebody for whom there are no other cameras. Raises ObjectMissing, BadSettings.
    """
    if name not in _cameras(text):
        raise _missing(name)
    refuse_unknown(values, CAMERA, "a camera")
    if alone:
        check_alone(_cameras(text)[name], values)
    for path, value in _leaves(values):
        if path not in _ADDRESSES and any(map(PLACEHOLDER.search, _texts(value))):
            raise BadSettings(f"{'.'.join(path)} is no place for a secret", camera=name)
        whole = ("cameras", name, *path)
        text = _dropped(text, whole) if value is None else yaml_edit.put(text, whole, value)
    return text


def check_alone(entry: Entry, values: Entry) -> None:
    """Refuse what somebody for whom there are no other cameras may not make of this one.

    Secrets are sent where they are sent already; its node, and what is read there, stays. Raises
    BadSettings.
    """
    for path, value in _leaves(values):
        had: Any = entry
        for key in path:
            had = had.get(key) if isinstance(had, Mapping) else None
        before = list(_texts(had))
        new = [text for text in _texts(value) if text not in before]
        if new and (path == ("node",) or not all(_is_lent(text, before) for text in new)):
            hint = "An administrator of all cameras may"
            raise BadSettings(f"its {'.'.join(path)} is not to be made that", hint=hint)


def _is_lent(text: str, before: list[str]) -> bool:
    if text.startswith(_OF_THE_NODE):
        return False
    names, place = set(PLACEHOLDER.findall(text)), text.split("/", 3)[:3]
    # Who it is sent to, and as whom, to the letter: no address is understood here.
    return not names or any(
        place == one.split("/", 3)[:3] and names <= set(PLACEHOLDER.findall(one)) for one in before
    )


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        value = [*value, *value.values()]
    if isinstance(value, list | tuple):
        for one in value:
            yield from _texts(one)
    elif isinstance(value, str):
        yield value


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
