"""What an export tells of itself: `manifest.json`, and `SHA256SUMS` for `sha256sum -c`."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from edge.clock import to_iso
from flows.media.joined import Joined

if TYPE_CHECKING:
    from flows.stages.export import Wanted

MANIFEST, SUMS = "manifest.json", "SHA256SUMS"
FORMAT = "livecam-export/1"


class Gap(NamedTuple):
    """Time that is in no file. `cause` is a gap's, or expired, damaged, missing, pending, …"""

    start_ms: int
    end_ms: int
    cause: str

    def as_json(self) -> dict[str, str]:
        return {
            "start_utc": to_iso(self.start_ms),
            "end_utc": to_iso(self.end_ms),
            "cause": self.cause,
        }


class File(NamedTuple):
    """One file, as it was named."""

    name: str
    made: Joined


@dataclass(frozen=True, slots=True)
class Camera:
    """What became of one camera; `used` are rows of `segments` by id."""

    name: str
    files: tuple[File, ...]
    used: Mapping[str, Mapping[str, Any]]
    gaps: tuple[Gap, ...]


@dataclass(frozen=True, slots=True)
class Manifest:
    """Who exported what, and all that can be checked of it."""

    wanted: Wanted
    site: str
    made_ms: int
    cameras: tuple[Camera, ...]

    def documents(self) -> Iterator[tuple[str, str]]:
        """Names and texts of the two files that go with the others."""
        text = json.dumps(self.as_json(), indent=1, ensure_ascii=False) + "\n"
        yield MANIFEST, text
        sums = {file.name: file.made.sha256 for one in self.cameras for file in one.files}
        sums[MANIFEST] = hashlib.sha256(text.encode()).hexdigest()
        yield SUMS, "".join(f"{digest}  {name}\n" for name, digest in sums.items())

    def as_json(self) -> dict[str, Any]:
        wanted = self.wanted
        return {
            "format": FORMAT,
            "id": wanted.id,
            "name": wanted.name,
            "site": self.site,
            "made_by": wanted.who,
            "made_utc": to_iso(self.made_ms),
            "start_utc": to_iso(wanted.start_ms),
            "end_utc": to_iso(wanted.end_ms),
            "cameras": [
                {"camera": one.name, "gaps": [gap.as_json() for gap in one.gaps]}
                for one in self.cameras
            ],
            "files": [_file(one, file) for one in self.cameras for file in one.files],
        }


def _file(camera: Camera, file: File) -> dict[str, Any]:
    made = file.made
    spans = (made.first_ms, made.spans[-1].end_ms)
    return {
        "name": file.name,
        "camera": camera.name,
        "start_utc": to_iso(made.first_ms),  # of its first picture
        "end_utc": to_iso(made.last_ms),  # of its last picture
        "size_bytes": made.size_bytes,
        "sha256": made.sha256,
        "crc32": f"{made.crc32:08x}",
        "codec": made.codec,
        "mime_codecs": made.mime_codecs,
        "width": made.width,
        "height": made.height,
        "pictures": made.pictures,
        "segments": [_segment(camera.used[span.segment_id]) for span in made.spans],
        "gaps": [
            gap.as_json()
            for gap in camera.gaps
            if gap.start_ms < spans[1] and spans[0] < gap.end_ms
        ],
    }


def _segment(row: Mapping[str, Any]) -> dict[str, Any]:
    names = ("id", "key", "version_id", "sha256", "size_bytes")
    times = {f"{side}_utc": to_iso(row[f"{side}_ms"]) for side in ("start", "end")}
    return {**{name: row[name] for name in names}, **times}
