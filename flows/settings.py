"""The configuration that the hub's flows need: store, Prefect, retention, detection."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BeforeValidator, Field, SecretStr

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
from edge.values import Section

T = TypeVar("T", bound=Section)

_RATE = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*(kB|MB)/s")
_LEAST_RATE = 10_000  # below, a connection seems dead to a server


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


class PrefectSettings(Section):
    """`prefect:`; where nodes find the hub's server, and the string it asks of them."""

    api: str = "http://127.0.0.1:4200/api"
    auth: SecretStr | None = Field(default=None, min_length=1)


class UploadSettings(Section):
    """`upload:`; how a node sends its footage. `rate` is bytes a second, None: all there is."""

    rate: Annotated[int | None, BeforeValidator(_rate)] = None


class RetainSettings(Section):
    """`retain:`; how long footage is kept. `max_delete` is segments a run, None = D2's own."""

    days: float = Field(default=30, ge=0)
    max_delete: int | None = Field(default=None, ge=0)


class DetectSettings(Section):
    """`detect:`; what analysis looks for."""

    objects: tuple[str, ...] = ("person",)
    confidence: float = Field(default=0.5, ge=0, le=1)


class FlowSettings(Section):
    """All of it, per camera where a camera says otherwise."""

    site: str = "home"
    store: StoreSettings = StoreSettings()
    prefect: PrefectSettings = PrefectSettings()
    upload: UploadSettings = UploadSettings()
    retain: RetainSettings = RetainSettings()
    detect: DetectSettings = DetectSettings()
    nodes: tuple[str, ...] = ()
    camera_nodes: Mapping[str, str] = {}
    camera_retain: Mapping[str, RetainSettings] = {}
    camera_detect: Mapping[str, DetectSettings] = {}

    def retain_for(self, camera: str) -> RetainSettings:
        return self.camera_retain.get(camera, self.retain)

    def detect_for(self, camera: str) -> DetectSettings:
        return self.camera_detect.get(camera, self.detect)

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
        nodes=tuple(known),
        camera_nodes={name: owner(name, entry, known) for name, entry in entries.items()},
        camera_retain=_each(RetainSettings, document, entries, "retain"),
        camera_detect=_each(DetectSettings, document, entries, "detect"),
    )


def _each(
    model: type[T], document: Document, entries: Mapping[str, Mapping[str, Any]], key: str
) -> dict[str, T]:
    defaults = document.get(key) or {}
    return {
        name: section(model, merged(defaults, entry.get(key), where), where)
        for name, entry in entries.items()
        for where in (f"cameras.{name}.{key}",)
    }


def load(path: Path | None = None) -> FlowSettings:
    """The flows' settings of a file, or of the one in force."""
    return parse(read_document(path or find_file()))
