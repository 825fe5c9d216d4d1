"""After a crash: what lies in recording/ is sealed as far as it is whole, or set apart (E4)."""

from __future__ import annotations

import hashlib
from pathlib import Path

from edge.clock import Clock
from edge.durable import sync_folder
from edge.errors import BadMedia
from edge.part import INDEX, PART, PartHeader, Unit, index_path, read_end, read_index, stem
from edge.segment import SUFFIX, Cause, Gap, Origin, Segment
from edge.spool import salvage
from edge.spool.layout import GAP, SIDECAR, TEMPORARY, Layout
from edge.spool.recording import to_segment
from edge.spool.salvage import Whole
from edge.spool.sidecar import from_bytes

_CUT = ".cut"


class Recovery:
    """Recovers one camera's recordings of one origin; its lock is held."""

    def __init__(
        self, layout: Layout, clock: Clock, node: str, camera: str, origin: Origin
    ) -> None:
        self._layout = layout
        self._clock = clock
        self._node = node
        self._camera = camera
        self._origin = origin

    def run(self) -> list[Segment | Gap]:
        """Every step is harmless to repeat, so a crash in here is one more crash."""
        found = self._finish_seals()
        for part in self._files(PART):
            if self._origin is Origin.IMPORTED:
                part.unlink()  # the file it comes from can be imported again
            else:
                found += self._recover(part)
        for left in [*self._files(INDEX), *self._files(_CUT)]:
            left.unlink()
        return sorted(found, key=lambda item: item.start_ms)

    def _files(self, suffix: str) -> list[Path]:
        prefix = stem(self._camera, self._origin, "")
        files = self._layout.recording.iterdir()
        return sorted(f for f in files if f.name.startswith(prefix) and f.suffix == suffix)

    def _finish_seals(self) -> list[Segment | Gap]:
        """E1 was interrupted after the sidecar: carry the MP4 over, or take the sidecar back."""
        found: list[Segment | Gap] = []
        for sidecar in sorted(self._layout.sealed.glob(f"{self._camera}_*{SIDECAR}")):
            segment = None if sidecar.name.endswith(GAP) else _read_sidecar(sidecar)
            if segment is not None and segment.origin is self._origin:
                found += self._finish_seal(segment, sidecar)
        for left in self._layout.sealed.glob(f"{self._camera}_*{TEMPORARY}"):
            left.unlink(missing_ok=True)
        sync_folder(self._layout.sealed)
        return found

    def _finish_seal(self, segment: Segment, sidecar: Path) -> list[Segment]:
        sealed = sidecar.with_suffix(SUFFIX)
        name = stem(self._camera, self._origin, segment.start_ms)
        part = self._layout.recording / f"{name}{PART}"
        if sealed.exists():
            if part.exists() and (part.samefile(sealed) or _digest(part) == segment.sha256):
                self._layout.move_in(part, sealed)  # it had its new name, and not lost the old
            return []
        if part.exists() and _digest(part) == segment.sha256:
            self._layout.move_in(part, sealed)
            return [segment]
        sidecar.unlink(missing_ok=True)
        return []

    def _recover(self, part: Path) -> list[Segment | Gap]:
        if not salvage.holds_media(part):
            part.unlink()  # killed before its first fragment: its time is the recorder's gap
            return []
        index = index_path(part)
        data = index.read_bytes() if index.exists() else b""
        header, units = read_index(data)
        if header is None or header.camera != self._camera:
            return self._give_up(part, "its index cannot be read")
        try:
            whole = salvage.longest_run(part, units)
        except BadMedia as error:
            return self._give_up(part, error.message)
        # What came to its end and was not sealed yet is followed by what was recorded next.
        wall_ms = read_end(data)
        kept = self._keep(part, header, whole, wall_ms if whole.end == _end(units) else None)
        end_ms = kept[-1].end_ms if wall_ms is None else header.start_ms + wall_ms
        lost = "its end did not reach the disk before the power went"
        gaps = self._gaps(kept[-1].end_ms, end_ms, lost, Cause.NODE_DOWN)
        return [*kept, *(_of_boot(gap, header) for gap in gaps)]

    def _keep(
        self, part: Path, header: PartHeader, whole: Whole, wall_ms: int | None
    ) -> list[Segment | Gap]:
        """Seal the run; what is damaged besides a torn tail stays in quarantine."""
        if whole.prefix and not whole.damaged:
            written = salvage.cut(part, whole).written()
            segment = to_segment(header, written, wall_ms, recovered=True)
            self._layout.seal(part, segment)
            index_path(part).unlink(missing_ok=True)
            return [segment]
        late_ms = 0 if whole.prefix else whole.start_ms
        moved = _later(header, late_ms)
        cut = part.with_suffix(_CUT)
        segment = to_segment(moved, salvage.copy(part, cut, whole).written(), recovered=True)
        self._layout.seal(cut, segment)
        reason = "damaged: its longest whole run was sealed"
        self._layout.set_apart(part, reason, sealed=segment.id)
        index_path(part).unlink(missing_ok=True)
        gaps = self._gaps(header.start_ms, moved.start_ms, reason)
        return [*(_of_boot(gap, header) for gap in gaps), segment]

    def _give_up(self, part: Path, reason: str) -> list[Segment | Gap]:
        start_ms = int(part.stem.rsplit("_", 1)[1])
        # The last write is the end of what was being recorded, as near as can be told.
        end_ms = min(part.stat().st_mtime_ns // 1_000_000, self._clock.utc_ms())
        index = index_path(part)
        if (wall_ms := read_end(index.read_bytes() if index.exists() else b"")) is not None:
            end_ms = start_ms + wall_ms
        if index.exists():
            self._layout.set_apart(index, reason)
        self._layout.set_apart(part, reason)
        return list(self._gaps(start_ms, end_ms, reason))

    def _gaps(
        self, start_ms: int, end_ms: int, detail: str, cause: Cause = Cause.QUARANTINED
    ) -> list[Gap]:
        if end_ms <= start_ms:
            return []
        return [
            Gap(
                camera=self._camera,
                node=self._node,
                start_ms=start_ms,
                end_ms=end_ms,
                cause=cause,
                detail=detail,
            )
        ]


def _of_boot(gap: Gap, header: PartHeader) -> Gap:
    """A gap where a recording should be is of that one's boot."""
    if not header.boot_id:
        return gap
    end_ms = header.monotonic_ms + gap.end_ms - header.start_ms
    return gap.model_copy(update={"boot_id": header.boot_id, "monotonic_ms": end_ms})


def _end(units: list[Unit]) -> int:
    return units[-1].offset + units[-1].size


def _later(header: PartHeader, ms: int) -> PartHeader:
    moved = {"start_ms": header.start_ms + ms, "monotonic_ms": header.monotonic_ms + ms}
    return header.model_copy(update=moved)


def _read_sidecar(sidecar: Path) -> Segment | None:
    try:
        return from_bytes(sidecar.read_bytes())
    except (FileNotFoundError, ValueError):
        return None


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
