"""Room for the next segment: what the policy drops for it, and when it drops nothing (E2, E5)."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from pydantic import ValidationError

from edge.clock import Clock
from edge.errors import SpoolFull
from edge.quota import NEXT, Policy, WhenFull, over
from edge.segment import Cause, Gap, Segment, SegmentName
from edge.spool import vain
from edge.spool.held import Held, Scales
from edge.spool.items import SealedSegment
from edge.spool.layout import Layout
from edge.spool.lock import locked
from edge.spool.vain import Mark

LOCK_SECONDS = 10
# Cameras begin their segments at the same moments, and each may have to weigh a large spool.
_QUEUE_SECONDS = 60
MARGIN_BYTES = 64 << 20  # what a node needs besides footage: logs, receipts, a Prefect client

_LEAST_BYTES = 256 << 10
_HINT = "It goes on when footage was uploaded, or with more room: see spool in livecam.yaml"

log = logging.getLogger(__name__)

Read = Callable[[SegmentName], SealedSegment | None]


class Room:
    """The room of the spool at `root`, for one of the processes that fill it.

    `read` looks at a sealed segment before it is dropped: what is broken is set apart instead.
    """

    def __init__(
        self, layout: Layout, clock: Clock, read: Read, free_bytes: Callable[[], int] | None
    ) -> None:
        self._layout, self._clock, self._read = layout, clock, read
        self._free_bytes = free_bytes or (lambda: shutil.disk_usage(layout.root).free)
        self._scales = Scales(layout)
        self._last: dict[str, int] = {}
        self._next: tuple[str, Iterator[SegmentName]] = ("", iter(()))
        self._dropped: list[SealedSegment] = []

    @property
    def policy(self) -> Policy:
        """As the recorder wrote it last; the default where none has."""
        try:
            return Policy.model_validate_json(self._layout.policy.read_bytes())
        except (FileNotFoundError, ValidationError):
            return Policy()

    def free_bytes(self) -> int:
        """What is free on the disk."""
        return self._free_bytes()

    def quota_bytes(self, policy: Policy, held_bytes: int) -> int:
        """How much may be held in all, where so much is: by the quota, and by the disk."""
        disk = held_bytes + max(self._free_bytes() - MARGIN_BYTES, 0)
        if policy.quota is None:
            return disk
        return min(disk, policy.quota.of(self._total_bytes()))

    def whole_bytes(self, policy: Policy, held_bytes: int) -> int:
        """What shares are parts of, and the quota where one is set.

        Where something is dropped it must not shrink with what others take: each drop would only
        lower the limit, down to nothing. Where all stop, it is what can be had.
        """
        if policy.when_full is WhenFull.STOP:
            return self.quota_bytes(policy, held_bytes)
        total = self._total_bytes()
        return policy.quota.of(total) if policy.quota else max(0, total - MARGIN_BYTES)

    def shares(self, policy: Policy, cameras: Iterable[str], held_bytes: int) -> dict[str, int]:
        """The most that each may hold, of those named here or in the policy that have a limit."""
        whole = self.whole_bytes(policy, held_bytes)
        found = {camera: policy.share_bytes(camera, whole) for camera in {*policy.shares, *cameras}}
        return {camera: share for camera, share in found.items() if share is not None}

    def _total_bytes(self) -> int:
        return shutil.disk_usage(self._layout.root).total

    def left_bytes(self) -> int:
        """How much more may be held, as it was a moment ago."""
        held = self._scales.lately().total
        return max(0, self.quota_bytes(self.policy, held) - held)

    def left_of_cameras(self) -> dict[str, int]:
        """How much more each camera with a share may hold of it."""
        held = self._scales.lately()
        shares = self.shares(self.policy, held.all, held.total)
        return {camera: max(0, share - held.of(camera)) for camera, share in shares.items()}

    def learn(self, segment: Segment) -> None:
        """What a camera's segments take: as much room is made for the next."""
        self._last[segment.camera] = segment.size_bytes

    def make(self, need_bytes: int, camera: str | None) -> list[Gap]:
        """Let `need_bytes`, or what a segment of this camera takes, fit. Raises SpoolFull."""
        policy = self.policy
        need_bytes = self._need(policy, need_bytes, camera)
        with locked(self._layout.locks / "room", None, _QUEUE_SECONDS):
            try:
                self._by_policy(policy, need_bytes, camera)
                self._by_disk(policy, need_bytes, camera)
            finally:
                gaps = self._settle()
            if self._free_bytes() >= need_bytes + policy.reserve_bytes:
                self._layout.reserve.fill(policy.reserve_bytes)
        return gaps

    def _need(self, policy: Policy, most_bytes: int, camera: str | None) -> int:
        """A quarter more than the last one took.

        Of what nothing is known yet, no more than a small spool can give.
        """
        if camera is None:
            return most_bytes
        if camera not in self._last:
            self._last[camera] = self._layout.newest_bytes(camera)
        if last := self._last[camera]:
            return min(most_bytes, max(_LEAST_BYTES, last + last // 4))
        whole = self.quota_bytes(policy, self._scales.lately().total)
        return min(most_bytes, max(_LEAST_BYTES, whole // NEXT))

    def _by_policy(self, policy: Policy, need_bytes: int, camera: str | None) -> None:
        """Keep to the camera's share, which its own footage pays for, and to the quota."""
        bounded = policy.quota or policy.when_full is WhenFull.STOP
        if not bounded and (camera is None or policy.shares.get(camera) is None):
            return
        if not self._too_much(policy, self._scales.lately(), need_bytes, camera):
            return
        held = self._scales.now()
        while found := self._too_much(policy, held, need_bytes, camera):
            payer, why = found
            if policy.when_full is WhenFull.STOP:
                raise SpoolFull(f"{why}, and spool.when_full is stop", camera=camera, hint=_HINT)
            if payer is None or not self._drop(payer, held):
                return  # what is over is being written, and will be dropped once it is sealed

    def _too_much(
        self, policy: Policy, held: Held, need_bytes: int, camera: str | None
    ) -> tuple[str | None, str] | None:
        """Who pays, and why; None where all fits."""
        whole = self.whole_bytes(policy, held.total)
        if camera is not None:
            share = policy.share_bytes(camera, whole)
            if share is not None and over(held.of(camera), share, need_bytes):
                own = camera if held.sealed.get(camera) else None
                if own or policy.when_full is WhenFull.STOP:
                    return own, f"{camera} holds its share of the spool"
        if policy.quota is not None and over(held.total, whole, need_bytes):
            # A flood whose segments are still being written can pay in a moment, nobody else now.
            payers = self._payers(policy, held, need_bytes, camera, himself=False)
            return next(iter(payers), None), "the spool holds its quota"
        return None

    def _by_disk(self, policy: Policy, need_bytes: int, camera: str | None) -> None:
        """Free what is missing on the disk, and no more; nothing where that makes no room."""
        mark = vain.read(self._layout.vain)
        free = self._free_bytes()
        if free >= need_bytes + MARGIN_BYTES:
            if mark.times:
                self._note(Mark())
            return
        if policy.when_full is WhenFull.STOP:
            raise SpoolFull("the disk is full, and spool.when_full is stop", hint=_HINT)
        held, now_ms = self._scales.now(), self._clock.monotonic_ms()
        seen = mark.seen(free + held.total, now_ms)
        if seen != mark:
            self._note(seen)
        self._free(policy, held, need_bytes, seen, camera)

    def _free(
        self, policy: Policy, held: Held, need_bytes: int, mark: Mark, camera: str | None
    ) -> None:
        free = self._free_bytes()
        # The margin is for those beside us: where they take more than it, it is not theirs.
        aims = [need_bytes] if mark.times else [need_bytes + MARGIN_BYTES, need_bytes]
        payers = self._payers(policy, held, need_bytes, camera)
        can = free + sum(held.sealed[payer] for payer in payers)
        aim = next((aim for aim in aims if aim <= can), need_bytes)
        if free >= aim:
            return
        if mark.waits(self._clock.monotonic_ms()):
            self._go_on_or_say(need_bytes, "something else fills the disk: what waits is kept")
            return
        if can < aim:
            self._go_on_or_say(need_bytes, "the disk is full, and what may go would not do")
            return
        dropped, most = 0, 2 * (aim - free)
        while self._free_bytes() < aim and dropped < most:
            payers = self._payers(policy, held, need_bytes, camera)
            if not payers:
                break
            dropped += self._drop(payers[0], held)
        self._note(mark.dropped(self._free_bytes() + held.total, dropped))
        self._go_on_or_say(need_bytes, "something else fills the disk as room is made")

    def _payers(
        self,
        policy: Policy,
        held: Held,
        need_bytes: int,
        camera: str | None,
        *,
        himself: bool = True,
    ) -> list[str]:
        whole = self.whole_bytes(policy, held.total)
        taker = None if camera is None else (camera, need_bytes)
        return policy.payers(held.sealed, held.all, taker, whole, himself=himself)

    def _go_on_or_say(self, need_bytes: int, why: str) -> None:
        if self._free_bytes() < need_bytes:
            raise SpoolFull(
                why,
                path=self._layout.root,
                hint="Free space on it, or move LIVECAM_HOME to a larger disk",
            )

    def _note(self, mark: Mark) -> None:
        with suppress(OSError):  # no room even for this: it is looked at again
            vain.write(self._layout.vain, mark)

    def _drop(self, camera: str, held: Held) -> int:
        """Drop a camera's oldest, its gap first (E2); its bytes, 0 where nothing was left."""
        for name in self._oldest(camera):
            item = self._read(name)
            if item is None:
                continue
            self._layout.write_gap(_dropped(item.segment))
            item.path.unlink(missing_ok=True)
            self._dropped.append(item)
            held.drop(camera, item.segment.size_bytes)
            return item.segment.size_bytes
        held.sealed[camera] = 0
        return 0

    def _oldest(self, camera: str) -> Iterator[SegmentName]:
        """Its segments, oldest first, each once in a row of drops."""
        if self._next[0] != camera:
            self._next = (camera, iter(self._layout.sealed_names(camera)))
        return self._next[1]

    def _settle(self) -> list[Gap]:
        """Take the sidecars away of what was dropped; what is told was durable before."""
        items, self._dropped, self._next = self._dropped, [], ("", iter(()))
        if items:
            self._layout.remove(*(item.path for item in items))
            size = sum(item.segment.size_bytes for item in items)
            names = ", ".join(sorted({item.segment.camera for item in items}))
            log.warning("room was made: %d segments of %s, %d bytes", len(items), names, size)
        return [_dropped(item.segment) for item in items]


def _dropped(segment: Segment) -> Gap:
    return Gap(
        camera=segment.camera,
        node=segment.node,
        start_ms=segment.start_ms,
        end_ms=segment.end_ms,
        cause=Cause.DISK_FULL_DROPPED,
        detail=segment.id,
        boot_id=segment.boot_id,
        monotonic_ms=segment.monotonic_ms + segment.wall_ms if segment.boot_id else None,
    )


def save(root: Path, policy: Policy) -> None:
    """Say by what policy the spool at `root` is kept, from the next segment of each camera on.

    Raises SpoolFull.
    """
    layout = Layout(root)
    data = policy.model_dump_json().encode()
    if not (layout.policy.exists() and layout.policy.read_bytes() == data):
        layout.write_policy(data)
