"""The spool's door: begin, gap, recover, list, evict."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from pathlib import Path

import av
from pydantic import ValidationError

from edge.clock import Clock
from edge.durable import sync_folder
from edge.part import PartHeader
from edge.quota import Policy
from edge.receipt import LawCheck
from edge.segment import Cause, Gap, Origin, Segment, SegmentName, check_name
from edge.spool import vain
from edge.spool.items import Account, CameraDepth, Depth, SealedGap, SealedSegment
from edge.spool.layout import GAP, Layout, sidecar_of
from edge.spool.lock import locked
from edge.spool.recording import Recording
from edge.spool.recovery import Recovery
from edge.spool.room import LOCK_SECONDS, Room
from edge.spool.sidecar import from_bytes


class Spool:
    """A node's spool under `root`. Several processes may use it; a camera has one writer.

    `free_bytes` says how much room its disk has; the system is asked where it is left out.
    """

    def __init__(
        self, root: Path, node: str, clock: Clock, free_bytes: Callable[[], int] | None = None
    ) -> None:
        self.node = check_name(node, "node")
        self.root = root
        self._clock = clock
        self._layout = Layout(root)
        self._room = Room(self._layout, clock, self._read, free_bytes)

    def begin(
        self,
        camera: str,
        *,
        start_ms: int,
        monotonic_ms: int,
        source: str,
        video: av.VideoStream,
        audio: av.AudioStream | None = None,
        origin: Origin = Origin.RECORDED,
        rung: str = "",
        synchronised: bool | None = None,
        live_ms: Callable[[], int] | None = None,
    ) -> Recording:
        """Begin a segment; its first packet must be a video keyframe. Raises SpoolFull.

        `live_ms` tells when the packet of a live stream arrived that is being written.
        """
        header = PartHeader(
            camera=check_name(camera),
            node=self.node,
            start_ms=start_ms,
            monotonic_ms=monotonic_ms,
            boot_id=self._clock.boot_id() if origin is Origin.RECORDED else "",
            source=source,
            origin=origin,
            rung=rung,
            synchronised=synchronised,
        )
        return Recording(self._layout, header, video, audio, self._advance_past, live_ms)

    def gap(self, gap: Gap, monotonic_ms: int | None = None) -> None:
        """Record a stretch without footage; durable on return, harmless to repeat.

        `monotonic_ms` is its end in this boot; None: as long before now as UTC says.
        """
        self._layout.write_gap(gap)
        self._advance_to(gap, monotonic_ms)

    def accounted(self, camera: str, end_ms: int, monotonic_ms: int) -> None:
        """Note up to when a camera's time is accounted for, in this boot. Raises SpoolFull."""
        self._advance(camera, end_ms, monotonic_ms)

    def _advance_to(self, gap: Gap, monotonic_ms: int | None = None) -> None:
        if gap.monotonic_ms is not None:
            self._advance(gap.camera, gap.end_ms, gap.monotonic_ms, gap.boot_id)
            return
        if monotonic_ms is None:
            monotonic_ms = self._clock.monotonic_ms() - (self._clock.utc_ms() - gap.end_ms)
        self._advance(gap.camera, gap.end_ms, monotonic_ms)

    def recover(self, camera: str, origin: Origin = Origin.RECORDED) -> list[Segment | Gap]:
        """Finish, cut back or quarantine what a crash left; under the camera's lock.

        Answers what was added to sealed/, in order of time. Repeating it adds nothing.
        """
        found = Recovery(self._layout, self._clock, self.node, camera, origin).run()
        for gap in (item for item in found if isinstance(item, Gap)):
            self._layout.write_gap(gap)
        if origin is Origin.RECORDED:
            for segment in (item for item in found if isinstance(item, Segment)):
                self._advance_past(segment)
            self._account_for(camera)
        return found

    def _account_for(self, camera: str) -> None:
        """Bring the account up to what lies here, which a crash may have kept from it.

        Not to what ends last by UTC, which may have been set back since: what is missing follows.
        """
        had = self.account_end(camera)
        lost, names = had is None, self._layout.sealed_names(camera)
        for name in reversed(names) if lost else names:
            if had is None or name.start_ms == had.end_ms:
                item = self._read(name)
                if item is not None:
                    self._advance_past(item.segment)
                    had = self.account_end(camera)
        for gap in (kept.gap for kept in self.gaps() if kept.gap.camera == camera):
            self._account_for_gap(gap, lost=lost)

    def _account_for_gap(self, gap: Gap, *, lost: bool) -> None:
        """A gap may not tell of which boot it is: one that is not in the account begins at its end.

        `lost`: there was no account, and UTC is all there is to go by.
        """
        had = self.account_end(gap.camera)
        if had is None or (lost and gap.end_ms > had.end_ms):
            self._advance_to(gap)
        elif gap.start_ms == had.end_ms and had.boot_id == self._clock.boot_id():
            jumped = gap.cause is Cause.CLOCK_JUMP
            lasts_ms = 0 if jumped else gap.end_ms - gap.start_ms
            self._advance_to(gap, had.monotonic_ms + lasts_ms)
        elif gap.start_ms == had.end_ms:
            self._advance_to(gap)

    def sealed(self, limit: int | None = None) -> list[SealedSegment]:
        """Sealed segments, oldest first, at most `limit`; what is broken is quarantined."""
        found: list[SealedSegment] = []
        for name in self._layout.sealed_names():
            if limit is not None and len(found) >= limit:
                break
            item = self._read(name)
            if item is not None:
                found.append(item)
        return found

    def gaps(self) -> list[SealedGap]:
        """Gaps that wait for their receipt, oldest first."""
        found = []
        for path in self._layout.gap_files():
            try:
                gap = Gap.model_validate_json(path.read_bytes())
                if path.name != f"{gap.id}{GAP}":
                    raise ValueError
                found.append(SealedGap(gap, path))
            except FileNotFoundError:
                continue  # another process evicted it meanwhile
            except ValueError:
                self._layout.set_apart(path, "not a gap that can be read")
        return sorted(found, key=lambda item: item.gap.start_ms)

    def evict(self, *items: SealedSegment | SealedGap) -> None:
        """Forget what is stored; the caller has its object and its receipt (E2)."""
        self._layout.remove(*(item.path for item in items))

    def quarantine(self, item: SealedSegment, reason: str) -> None:
        """Set apart a sealed file whose bytes are not its sidecar's, after its gap is durable."""
        self._quarantine(item.segment.name, reason)

    def account_end(self, camera: str) -> Account | None:
        """Up to when this camera's time is accounted for; None before its first recording."""
        path = self._account_file(camera)
        try:
            return Account.model_validate_json(path.read_bytes())
        except (FileNotFoundError, ValidationError):
            return None

    def lock(
        self, camera: str, origin: Origin = Origin.RECORDED, wait_seconds: float = LOCK_SECONDS
    ) -> AbstractContextManager[None]:
        """One writer a camera and origin. Waits a little, then raises Permanent."""
        path = self._layout.locks / f"{check_name(camera)}.{origin}"
        return locked(path, camera, wait_seconds)

    def depth(self) -> Depth:
        """What waits for upload, from names and sizes alone."""
        cameras: dict[str, CameraDepth] = {}
        for name in self._layout.sealed_names():
            found = _stat(self._layout.sealed / name.file)
            if found is None:
                continue
            had = cameras.get(name.camera, CameraDepth())
            cameras[name.camera] = _one_more(had, name.start_ms, *found)
        waiting, policy = sum(c.bytes for c in cameras.values()), self.policy
        return Depth(
            segments=sum(c.segments for c in cameras.values()),
            bytes=waiting,
            oldest_ms=min((c.oldest_ms for c in cameras.values() if c.oldest_ms), default=None),
            free_bytes=self._room.free_bytes(),
            quota_bytes=self._room.quota_bytes(policy, waiting),
            gaps=len(self._layout.gap_files()),
            cameras=cameras,
            policy=policy,
            shares=self._room.shares(policy, cameras, waiting),
        )

    def newest(self, camera: str) -> Segment | None:
        """What the newest sidecar of a camera's recordings tells; touches nothing."""
        for name in reversed(self._layout.sealed_names(camera)):
            with suppress(FileNotFoundError, ValueError):
                path = sidecar_of(self._layout.sealed / name.file)
                segment = from_bytes(path.read_bytes())
                if segment.origin is Origin.RECORDED:
                    return segment
        return None

    def recorded_here(self) -> list[str]:
        """Cameras that a recorder of this spool ever accounted for, in order of name."""
        return sorted(path.stem for path in self._layout.account.glob("*.json"))

    def covers(self, camera: str, start_ms: int, end_ms: int) -> bool:
        """Whether segments of this camera that lie here cover the whole of a stretch."""
        for name in self._layout.sealed_names(camera):
            if start_ms >= end_ms or name.start_ms > start_ms:
                break
            item = self._read(name)
            if item is not None:
                start_ms = max(start_ms, item.segment.end_ms)
        return start_ms >= end_ms

    def make_room(self, need_bytes: int, camera: str | None = None) -> list[Gap]:
        """Drop sealed segments until `need_bytes` fit, each with its gap made durable first (E2).

        By the spool's policy: a camera above its share drops its own, and of others the oldest
        goes of who holds most against his share: a camera that floods drops its own (E5). Raises
        SpoolFull where nothing may be dropped, or nothing would help; what waits is kept then.
        """
        return self._room.make(need_bytes, camera)

    def left_bytes(self) -> int:
        """How much more it may hold, by its quota and the disk."""
        return self._room.left_bytes()

    def left_of_cameras(self) -> dict[str, int]:
        """The same of each camera that has a share."""
        return self._room.left_of_cameras()

    @property
    def reserve_bytes(self) -> int:
        """What is left of the reserve for gaps; `policy` says how much it should be."""
        return self._layout.reserve.size_bytes

    @property
    def in_vain(self) -> bool:
        """Whether others took what was dropped last."""
        return vain.read(self._layout.vain).times > 0

    @property
    def policy(self) -> Policy:
        """By which the spool is kept."""
        return self._room.policy

    def check(self) -> dict[str, LawCheck]:
        """Verify what the spool can show: E1, each sealed file against its sidecar."""
        checked, broken = 0, []
        for name in self._layout.sealed_names():
            path = self._layout.sealed / name.file
            whole = _is_whole(path)
            if whole is None:
                continue  # evicted meanwhile
            checked += 1
            if not whole:
                broken.append(name.key)
        return {"E1": LawCheck(checked=checked, broken=len(broken), keys=tuple(broken))}

    def _read(self, name: SegmentName) -> SealedSegment | None:
        path = self._layout.sealed / name.file
        sidecar = sidecar_of(path)
        try:
            segment = from_bytes(sidecar.read_bytes())
            size = path.stat().st_size
        except (FileNotFoundError, ValueError):
            self._quarantine(name, "its sidecar is missing or cannot be read")
            return None
        if segment.name != name or size != segment.size_bytes:
            self._quarantine(name, "it is not what its sidecar says")
            return None
        return SealedSegment(segment, path, sidecar)

    def _quarantine(self, name: SegmentName, reason: str) -> None:
        path = self._layout.sealed / name.file
        found = _stat(path)
        if found is None:
            return  # evicted, or set apart by another process, meanwhile
        _, written_ms = found
        # A sealed file's last write is its end, as near as can be told without its sidecar.
        gap = Gap(
            camera=name.camera,
            node=self.node,
            start_ms=name.start_ms,
            end_ms=max(name.start_ms, min(written_ms, self._clock.utc_ms())),
            cause=Cause.QUARANTINED,
            detail=reason,
        )
        self._layout.write_gap(gap)
        with suppress(FileNotFoundError):
            self._layout.set_apart(path, reason)
        sidecar_of(path).unlink(missing_ok=True)
        sync_folder(self._layout.sealed)

    def _account_file(self, camera: str) -> Path:
        return self._layout.account / f"{check_name(camera)}.json"

    def _advance_past(self, segment: Segment) -> None:
        self._room.learn(segment)
        # E3: imported footage stands outside the account.
        if segment.origin is Origin.RECORDED:
            end = segment.monotonic_ms + segment.wall_ms
            self._advance(segment.camera, segment.end_ms, end, segment.boot_id)

    def _advance(
        self, camera: str, end_ms: int, monotonic_ms: int, boot_id: str | None = None
    ) -> None:
        now, had = self._clock.boot_id(), self.account_end(camera)
        account = Account(end_ms=end_ms, monotonic_ms=monotonic_ms, boot_id=boot_id or now)
        if had is not None and not _is_later(account, had, now):
            return
        self._layout.write_account(camera, account.model_dump_json().encode())


def _is_later(one: Account, other: Account, boot_id: str) -> bool:
    """Whether an account goes further; UTC decides only where no boot can tell."""
    if one.boot_id == other.boot_id:
        return (one.monotonic_ms, one.end_ms) > (other.monotonic_ms, other.end_ms)
    if boot_id in {one.boot_id, other.boot_id}:
        return one.boot_id == boot_id
    return one.end_ms > other.end_ms


def _stat(path: Path) -> tuple[int, int] | None:
    """A file's size, and when it was last written in ms; None when it is gone."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_size, found.st_mtime_ns // 1_000_000


def _one_more(had: CameraDepth, start_ms: int, size_bytes: int, written_ms: int) -> CameraDepth:
    """A camera's depth with its next newer segment."""
    oldest = start_ms if had.oldest_ms is None else had.oldest_ms
    since = written_ms if had.since_ms is None else min(had.since_ms, written_ms)
    return CameraDepth(had.segments + 1, had.bytes + size_bytes, oldest, since)


def _is_whole(path: Path) -> bool | None:
    """Whether a sealed file has the digest its sidecar names; None when it is gone."""
    try:
        segment = from_bytes(sidecar_of(path).read_bytes())
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except (FileNotFoundError, ValueError):
        return False if path.exists() else None
    return digest == segment.sha256
