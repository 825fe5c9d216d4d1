"""The configuration file, and the sections of it that a node needs.

The file is read here, once; each layer turns its own sections into frozen models with
`section()`, which refuses an unknown key with the nearest known one.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError

from edge.errors import BadName, BadSettings
from edge.modes.plan import Mode, Plan
from edge.modes.schedule import ModeName, MotionSettings, ScheduleEntry, ZoneName
from edge.quota import Amount, SpoolSettings
from edge.segment import check_name
from edge.sources import LadderSettings, fallback_of, source_of, sub_of
from edge.values import Duration, Listen, Section, Size, kind_of, unknown

FILE = "livecam.yaml"
LOCAL_NODE = "local"
SHORTEST_MS, LONGEST_MS = 2_000, 15 * 60_000
# A camera's process holds some 60 MB of libraries before its first packet.
LEAST_MEMORY_BYTES = 128_000_000

PLACEHOLDER = re.compile(r"\{([A-Z_][A-Z0-9_]*)\}")

Document = Mapping[str, Any]
T = TypeVar("T", bound=BaseModel)


def _segment_length(ms: int) -> int:
    if not SHORTEST_MS <= ms <= LONGEST_MS:
        raise ValueError("a segment is 2 s to 15 min long")
    return ms


def _memory_limit(size_bytes: int) -> int:
    if size_bytes < LEAST_MEMORY_BYTES:
        raise ValueError("a camera's process needs 128MB")
    return size_bytes


class RecordSettings(Section):
    """`record:`; how a camera is recorded."""

    segment: Annotated[Duration, AfterValidator(_segment_length)] = 30_000  # milliseconds
    # A camera's process that holds more is replaced.
    memory: Annotated[Size, AfterValidator(_memory_limit)] = 400_000_000
    transport: Literal["tcp", "udp"] = "tcp"  # of rtsp; by UDP what is lost is lost
    share: Amount | None = None  # of the spool's quota; None: as much as the others leave
    mode: ModeName = Mode.CONTINUOUS
    schedule: tuple[ScheduleEntry, ...] = ()
    time_zone: ZoneName = ""  # of the schedule; "" is the node's own
    motion: MotionSettings = MotionSettings()
    ladder: LadderSettings = LadderSettings()

    @property
    def plan(self) -> Plan:
        """The modes of every hour."""
        return Plan(
            mode=self.mode,
            hours=tuple(entry.to_hours() for entry in self.schedule),
            time_zone=self.time_zone,
            before_ms=self.motion.before,
            after_ms=self.motion.after,
            sensitivity=self.motion.sensitivity,
        )


class NodeSettings(Section):
    """`nodes.<name>:`; a machine that records.

    `serve` is where its live pictures are served to the gateway; None: what the site's shape says.
    """

    spool: SpoolSettings = SpoolSettings()
    serve: Listen | None = None


class CameraSettings(BaseModel):
    """One camera as its recorder knows it.

    `source`, and `sub` of an IP camera's second stream, may hold a password: never print them.
    `fallback` is the source that is recorded while the camera cannot be opened, "" for none.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    node: str
    source: str
    sub: str = ""
    fallback: str = ""
    record: RecordSettings

    @property
    def transport(self) -> str:
        return self.record.transport

    def __repr__(self) -> str:
        return f"CameraSettings({self.name!r}, node={self.node!r}, {redact(self.source)!r})"

    __str__ = __repr__


def redact(url: str) -> str:
    """The address without user, password and query: safe to show."""
    return re.sub(r"\?.*$", "", re.sub(r"(?<=://)[^/]*@", "", url))


def find_file() -> Path | None:
    """`LIVECAM_CONFIG`, or the working folder's file; None where neither is."""
    named = os.environ.get("LIVECAM_CONFIG")
    path = Path(named) if named else Path(FILE)
    if named and not path.is_file():
        raise BadSettings("there is no such configuration file", path=path)
    return path.absolute() if path.is_file() else None


def read_document(path: Path | None) -> Document:
    """The file as plain values, `{NAME}` replaced by the environment's; {} without a file.

    Raises BadSettings naming the file for anything that is not a YAML mapping.
    """
    if path is None:
        return {}
    try:
        return parse_document(path.read_text(), path)
    except (OSError, UnicodeDecodeError) as error:
        raise BadSettings(f"the configuration cannot be read: {error}", path=path) from None


def parse_document(text: str, path: Path, *, lenient: bool = False) -> Document:
    """The text of the file at `path` as plain values.

    `lenient`: a `{NAME}` that the environment does not hold stays as it is written, for those
    who look at a file or edit it and need no secrets. Raises BadSettings as `read_document` does.
    """
    try:
        document = yaml.load(text, Loader=_Once)  # noqa: S506 (it is a SafeLoader)
    except yaml.YAMLError as error:
        reason = " ".join(str(error).replace('in "<unicode string>", ', "at ").split())
        raise BadSettings(f"the configuration cannot be read: {reason}", path=path) from None
    if not isinstance(document, dict | None):
        raise BadSettings("the configuration is not a mapping of keys", path=path)
    expanded: dict[str, Any] = _expand(document or {}, "", lenient=lenient)
    return expanded


class _Once(yaml.SafeLoader):
    """Refuses a key that stands twice: of two cameras of one name the first would vanish."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> Any:
        seen = set()
        for key, _ in node.value:
            if key.value in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key.value!r} stands twice", key.start_mark
                )
            seen.add(key.value)
        return super().construct_mapping(node, deep)


def _expand(value: Any, where: str, *, lenient: bool) -> Any:
    if isinstance(value, dict):
        inner = ((str(k), f"{where}.{k}".lstrip("."), v) for k, v in value.items())
        return {key: _expand(v, at, lenient=lenient) for key, at, v in inner}
    if isinstance(value, list):
        return [_expand(v, where, lenient=lenient) for v in value]
    if isinstance(value, str):
        return PLACEHOLDER.sub(lambda m: _variable(m, where, lenient=lenient), value)
    return value


def _variable(found: re.Match[str], where: str, *, lenient: bool) -> str:
    name = found[1]
    if name in os.environ:
        return os.environ[name]
    if lenient:
        return found[0]
    raise BadSettings(
        f"{where} names {{{name}}}, which the environment does not hold",
        hint="Set it, and start this again",
    )


def refuse_unknown(keys: Iterable[str], known: Iterable[str], where: str) -> None:
    """Raise BadSettings for the first key that is not known, with the nearest that is."""
    found = unknown(keys, known)
    if found is not None:
        raise BadSettings(f"{found[0]} in {where}", hint=found[1])


def section(model: type[T], values: object, where: str) -> T:
    """Build a section's model. Raises BadSettings naming `where` and what is wrong."""
    if values is None:
        values = {}
    if not isinstance(values, Mapping):
        raise BadSettings(f"{where} must be a mapping of keys, not {kind_of(values)}")
    refuse_unknown(values, model.model_fields, where)
    try:
        return model.model_validate(dict(values))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        path = ".".join([where, *(str(part) for part in first["loc"])])
        raise BadSettings(f"{path}: {first['msg'].removeprefix('Value error, ')}") from None


def merged(defaults: Mapping[str, Any], own: object, where: str) -> dict[str, Any]:
    """A section of the whole file under a camera's own. Raises BadSettings naming `where`."""
    if not isinstance(own, Mapping | None):
        raise BadSettings(f"{where} must be a mapping of keys, not {kind_of(own)}")
    inner = {
        key: merged(defaults[key], value, f"{where}.{key}")
        for key, value in (own or {}).items()
        if isinstance(defaults.get(key), Mapping)
    }
    return {**defaults, **(own or {}), **inner}


def cameras(document: Document) -> dict[str, Mapping[str, Any]]:
    """The raw `cameras:` entries by name, names checked."""
    entries = document.get("cameras") or {}
    if not isinstance(entries, Mapping):
        raise BadSettings("cameras must be a mapping of names")
    for name, entry in entries.items():
        _named(name, "camera")
        if not isinstance(entry, Mapping):
            raise BadSettings(f"cameras.{name} must be a mapping of keys", camera=name)
    return dict(entries)


def nodes(document: Document) -> dict[str, NodeSettings]:
    """The site's nodes; without the section the one node is `local`, this machine."""
    entries = document.get("nodes") or {LOCAL_NODE: {}}
    if not isinstance(entries, Mapping):
        raise BadSettings("nodes must be a mapping of names")
    spool = document.get("spool") or {}
    section(SpoolSettings, spool, "spool")
    return {
        _named(name, "node"): section(
            NodeSettings, merged({"spool": spool}, entry, f"nodes.{name}"), f"nodes.{name}"
        )
        for name, entry in entries.items()
    }


def _named(name: str, what: str) -> str:
    try:
        return check_name(name, what)
    except BadName as error:
        raise BadSettings(error.message, hint=error.hint) from None


def owner(name: str, entry: Mapping[str, Any], known: Iterable[str]) -> str:
    """The node that a camera belongs to: the one it names, or the only one, `local`."""
    names = list(known)
    node = entry.get("node", LOCAL_NODE if names == [LOCAL_NODE] else None)
    if node is None:
        raise BadSettings("names no node, and the site has several", camera=name)
    refuse_unknown([str(node)], names, f"cameras.{name}.node")
    return str(node)


def camera_settings(document: Document) -> dict[str, CameraSettings]:
    """Every camera of the file as its recorder needs it."""
    defaults = document.get("record") or {}
    section(RecordSettings, defaults, "record")
    known = nodes(document)
    return {
        name: CameraSettings(
            name=name,
            node=owner(name, entry, known),
            source=source_of(name, entry),
            sub=sub_of(name, entry),
            fallback=fallback_of(name, entry),
            record=section(
                RecordSettings,
                merged(defaults, entry.get("record"), f"cameras.{name}.record"),
                f"cameras.{name}.record",
            ),
        )
        for name, entry in cameras(document).items()
    }
