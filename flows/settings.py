"""The configuration that the hub's flows need: store, Prefect, retention, detection."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BeforeValidator, Field, PlainValidator, SecretStr, model_validator

from edge.settings import (
    Document,
    camera_settings,
    cameras,
    find_file,
    merged,
    nodes,
    owner,
    read_document,
    section,
)
from edge.values import Duration, Section, unknown
from flows.gateway import GatewaySettings
from flows.notify.settings import NotifySettings, as_mapping
from flows.vision.coco import spelled
from flows.vision.zones import Polygon, Zones, polygon

T = TypeVar("T", bound=Section)

_RATE = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*(kB|MB)/s")
_LEAST_RATE = 10_000  # below, a connection seems dead to a server
_TRAFFIC = ("person", "bicycle", "car", "motorcycle", "bus", "truck")


def _rate(value: object) -> int | None:
    """`500kB/s`, `2MB/s`, in bytes a second."""
    if value is None:
        return None
    found = _RATE.fullmatch(str(value).strip())
    if not found:
        raise ValueError(f"not a rate: {value!r}; write 500kB/s or 2MB/s")
    rate = round(float(found[1]) * {"kB": 1_000, "MB": 1_000_000}[found[2]])
    if rate < _LEAST_RATE:
        raise ValueError("a node uploads at 10kB/s or more")
    return rate


class StoreSettings(Section):
    """`store:`; where footage and catalogue are kept."""

    kind: Literal["folder", "s3"] = "folder"
    endpoint: str | None = None
    public_endpoint: str | None = None
    access_key: str | None = None
    secret_key: SecretStr | None = None
    region: str = "us-east-1"

    @property
    def own(self) -> bool:
        """Whether the site runs its own MinIO."""
        return self.kind == "s3" and not self.endpoint


class PrefectSettings(Section):
    """`prefect:`; where nodes find the hub's server, and the string it asks of them."""

    api: str = "http://127.0.0.1:4200/api"
    auth: SecretStr | None = Field(default=None, min_length=1)


class UploadSettings(Section):
    """`upload:`; how a node sends its footage. `rate` is bytes a second, None: all there is."""

    rate: Annotated[int | None, BeforeValidator(_rate)] = None


class AnalyseSettings(Section):
    """`analyse:`; how many segments a machine has in hand at once; None: one for each core."""

    threads: int | None = Field(default=None, ge=1)


class RetainSettings(Section):
    """`retain:`; how long footage is kept. `max_delete` is segments a run, None = D2's own."""

    days: float = Field(default=30, ge=0)
    max_delete: int | None = Field(default=None, ge=0)


Share = Annotated[float, Field(ge=0, le=1)]
Shape = Annotated[Polygon, PlainValidator(polygon)]
Name = Annotated[str, Field(min_length=1)]


class ObjectSettings(Section):
    """One of `detect.objects`; without `zones` it counts everywhere."""

    confidence: Share | None = None  # None: the section's
    zones: tuple[str, ...] = ()


def _objects(value: object) -> dict[str, Any]:
    """`[person, car]`, or `{person: 0.6, car: {confidence: 0.7, zones: [drive]}}`."""
    if isinstance(value, list | tuple) and all(isinstance(one, str) for one in value):
        value = dict.fromkeys(value)
    if not isinstance(value, Mapping):
        raise ValueError("write what to look for as a list of names, such as [person, car]")
    return {spelled(str(label)): _object(told) for label, told in value.items()}


def _object(told: object) -> Any:
    if told is None:
        return {}
    is_number = isinstance(told, int | float) and not isinstance(told, bool)
    return {"confidence": told} if is_number else told


class MovingSettings(Section):
    """`detect.motion:`; what counts as motion, and how it is told."""

    sensitivity: Annotated[float, Field(ge=0.1, le=10)] = 1.0  # 2: half as much is enough
    min_area: Share = 0.002  # of the picture; smaller are a drawn clock's digits, insects
    min_length: Duration = 500  # milliseconds
    merge: Duration = 2_000  # milliseconds between two stretches of motion that are one


class DetectSettings(Section):
    """`detect:`; what analysis looks for, and where.

    Polygons are points [x, y] in parts of the picture. In `masks` nothing moves and nobody
    is seen; `zones` name places that events tell of. `shadow`: models that look as well.
    """

    objects: Annotated[Mapping[Name, ObjectSettings], BeforeValidator(_objects)] = {
        label: ObjectSettings() for label in _TRAFFIC
    }
    confidence: Share = 0.5
    zones: Mapping[Name, Shape] = {}
    masks: tuple[Shape, ...] = ()
    motion: MovingSettings = MovingSettings()
    shadow: tuple[Name, ...] = ()

    @model_validator(mode="after")
    def _zones_exist(self) -> DetectSettings:
        for label, one in self.objects.items():
            found = unknown(one.zones, self.zones)
            if found is not None:
                which = next(name for name in one.zones if name not in self.zones)
                hint = found[1] if self.zones else f"Draw it: zones: {{{which}: [[x, y], …]}}"
                raise ValueError(f"objects.{label} names {which!r}, which is no zone. {hint}")
        return self

    @property
    def wanted(self) -> dict[str, float]:
        """The labels that are looked for, and how sure of each a sighting must be."""
        return {
            label: self.confidence if one.confidence is None else one.confidence
            for label, one in self.objects.items()
        }

    @property
    def least(self) -> float:
        """How sure a sighting must be at least, of whatever it is."""
        return min(self.wanted.values(), default=self.confidence)

    @property
    def shaping(self) -> dict[str, Any]:
        """What shapes a result of analysis, as plain values.

        Zones, `merge` and `min_length` shape only what is told of it. What stands at its default
        is left out, so that a setting of later makes no older result another.
        """
        told: dict[str, Any] = {"objects": sorted(self.wanted), "confidence": self.confidence}
        if not set(self.wanted.values()) <= {self.confidence}:
            told = {"objects": self.wanted}
        motion = self.motion.model_dump(include={"sensitivity", "min_area"}, exclude_defaults=True)
        more = {"masks": self.masks, "motion": motion}
        return told | {name: value for name, value in more.items() if value}

    @property
    def places(self) -> Zones:
        """The zones, and which labels count in some of them only."""
        only = {label: tuple(sorted(one.zones)) for label, one in self.objects.items() if one.zones}
        return Zones(self.zones, only)


class FlowSettings(Section):
    """All of it, per camera where a camera says otherwise."""

    site: str = "home"
    store: StoreSettings = StoreSettings()
    prefect: PrefectSettings = PrefectSettings()
    upload: UploadSettings = UploadSettings()
    retain: RetainSettings = RetainSettings()
    detect: DetectSettings = DetectSettings()
    analyse: AnalyseSettings = AnalyseSettings()
    gateway: GatewaySettings = GatewaySettings()
    notify: NotifySettings = NotifySettings()
    nodes: tuple[str, ...] = ()
    camera_nodes: Mapping[str, str] = {}
    camera_retain: Mapping[str, RetainSettings] = {}
    camera_detect: Mapping[str, DetectSettings] = {}
    camera_notify: Mapping[str, NotifySettings] = {}

    def retain_for(self, camera: str) -> RetainSettings:
        return self.camera_retain.get(camera, self.retain)

    def detect_for(self, camera: str) -> DetectSettings:
        return self.camera_detect.get(camera, self.detect)

    def notify_for(self, camera: str) -> NotifySettings:
        return self.camera_notify.get(camera, self.notify)

    def node_of(self, camera: str) -> str | None:
        """The camera's node; a camera in no configuration belongs to `local` alone (C6)."""
        return self.camera_nodes.get(camera, "local" if self.nodes == ("local",) else None)


def parse(document: Document) -> FlowSettings:
    """The flows' sections of a document. Raises BadSettings."""
    known = nodes(document)
    camera_settings(document)
    entries = cameras(document)
    return FlowSettings(
        site=str(document.get("site", "home")),
        store=section(StoreSettings, document.get("store"), "store"),
        prefect=section(PrefectSettings, document.get("prefect"), "prefect"),
        upload=section(UploadSettings, document.get("upload"), "upload"),
        retain=section(RetainSettings, document.get("retain"), "retain"),
        detect=section(DetectSettings, document.get("detect"), "detect"),
        analyse=section(AnalyseSettings, document.get("analyse"), "analyse"),
        gateway=section(GatewaySettings, document.get("gateway"), "gateway"),
        notify=section(NotifySettings, as_mapping(document.get("notify")), "notify"),
        nodes=tuple(known),
        camera_nodes={name: owner(name, entry, known) for name, entry in entries.items()},
        camera_retain=_each(RetainSettings, document, entries, "retain"),
        # A camera's own objects are all of its objects, as a list and as a mapping.
        camera_detect=_each(DetectSettings, document, entries, "detect", whole="objects"),
        camera_notify=_each(NotifySettings, *_notifying(document, entries), "notify"),
    )


def _notifying(
    document: Document, entries: Mapping[str, Mapping[str, Any]]
) -> tuple[Document, Mapping[str, Mapping[str, Any]]]:
    """Both with `notify` as a mapping, however it is written."""
    each = {name: {"notify": as_mapping(entry.get("notify"))} for name, entry in entries.items()}
    return {"notify": as_mapping(document.get("notify"))}, each


def _each(
    model: type[T],
    document: Document,
    entries: Mapping[str, Mapping[str, Any]],
    key: str,
    whole: str = "",
) -> dict[str, T]:
    """Each camera's section; of the site's it keeps what it does not say itself, never `whole`."""
    found = {}
    for name, entry in entries.items():
        own, defaults = entry.get(key), dict(document.get(key) or {})
        if isinstance(own, Mapping) and whole in own:
            defaults.pop(whole, None)
        where = f"cameras.{name}.{key}"
        found[name] = section(model, merged(defaults, own, where), where)
    return found


def load(path: Path | None = None) -> FlowSettings:
    """The flows' settings of a file, or of the one in force."""
    return parse(read_document(path or find_file()))
