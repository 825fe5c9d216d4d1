"""Random histories of a node's clock, its boots and its recorder's ends, on the real recorder.

Where a moment lies on the corrected timeline is told by boot and monotonic time alone. UTC steps,
drifts, and is 1970 at some boots; the camera's own clock drifts too. Each picture carries its
number, so that every one can be found again.
"""

from __future__ import annotations

import os
import random
import shutil
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import av

from edge.errors import CameraUnreachable
from edge.recorder import Recorder
from edge.segment import Cause, Gap, Segment
from edge.spool import SealedSegment, Spool
from infra.faults import footage
from infra.faults.footage import CAMERA
from infra.faults.verdict import Say, Verdict

KILLED_MS = 2_000  # E4
_FPS, _GOP = 2, 2
_NEAR_MS = 1_500  # how far a segment's start may be from its first picture's arrival
_MARK = b"\x06\xf0\x08"  # a SEI of eight bytes that no decoder knows
_BEGAN_MS = 1_790_000_000_000
# What a script may hold, and how often: an action and its argument's range, in ms.
_ACTIONS = (
    ("play", 3_000, 40_000, 10),
    ("outage", 500, 20_000, 2),
    ("step", -7_200_000, 7_200_000, 2),
    ("step", -3_000, 3_000, 2),
    ("drift", -200, 200, 1),
    ("restart", 1_000, 90_000, 1),
    ("kill", 1_000, 90_000, 2),
    ("reboot", 5_000, 600_000, 1),
    ("boot 1970", 5_000, 600_000, 1),
    ("step while down", -3_600_000, 3_600_000, 1),
)
Action = tuple[str, int]


class Machine:
    """A machine's clocks; `drift` is UTC's against monotonic time, in millionths."""

    def __init__(self) -> None:
        self.true_ms, self.boots, self.drift = _BEGAN_MS, 1, 0
        self._monotonic, self._utc = Fraction(60_000), Fraction(_BEGAN_MS)

    def utc_ms(self) -> int:
        return int(self._utc)

    def monotonic_ms(self) -> int:
        return int(self._monotonic)

    def boot_id(self) -> str:
        return f"boot-{self.boots}"

    def sleep(self, seconds: float) -> None:
        self.advance(max(1, round(seconds * 1000)))

    def advance(self, ms: int) -> None:
        self.true_ms += ms
        self._monotonic += ms
        self._utc += Fraction(ms * (1_000_000 + self.drift), 1_000_000)

    def step(self, ms: int) -> None:
        self._utc = max(Fraction(0), self._utc + ms)

    def reboot(self, down_ms: int, *, unset: bool) -> None:
        self.advance(down_ms)
        self.boots += 1
        self._monotonic = Fraction(20_000)
        if unset:
            self._utc = Fraction(20_000)

    def synchronise(self) -> None:
        self._utc = Fraction(self.true_ms)


@dataclass
class _Told:
    """What a recorder wrote down, in order, and when that was on the corrected timeline."""

    boot: str
    life: int
    item: Segment | Gap


@dataclass
class _History:
    """One node's story: its script, what it sent, and what was written down of it."""

    script: list[Action]
    machine: Machine = field(default_factory=Machine)
    told: list[_Told] = field(default_factory=list)
    sent: list[tuple[str, int, int]] = field(default_factory=list)  # boot, life, monotonic ms
    ends: dict[int, tuple[str, int, bool]] = field(default_factory=dict)  # boot, ms, killed
    began: dict[str, int] = field(default_factory=dict)  # of each boot: its first life's start
    life: int = 0
    over: bool = False

    def tell(self, item: Segment | Gap) -> None:
        if not self.over:
            self.told.append(_Told(self.machine.boot_id(), self.life, item))

    def adopt(self, spool: Spool) -> None:
        """Take in what was durable before the kill, and could not be told any more."""
        known = {told.item.id for told in self.told}
        found = [item.segment for item in spool.sealed() if item.segment.id not in known]
        for segment in sorted(found, key=lambda segment: segment.monotonic_ms):
            self.told.append(_Told(self.machine.boot_id(), self.life, segment))


class _Feed:
    """Plays the script: packets as they come due, steps of the clock between them."""

    audio: av.AudioStream | None = None
    keeps = False
    rung = ""

    def __init__(self, node: _Node) -> None:
        self._node = node
        self.video = node.video

    def packets(self) -> Iterator[av.Packet[Any]]:
        node, history = self._node, self._node.history
        first = len(history.sent)
        while True:
            what, value = history.script.pop(0) if history.script else ("stop", 0)
            if what != "play":
                node.act(what, value)
                continue
            for _ in range(max(1, value * _FPS // 1000)):
                yield self._packet(len(history.sent) - first)

    def _packet(self, number: int) -> av.Packet[Any]:
        machine, history = self._node.machine, self._node.history
        machine.advance(1000 // _FPS)
        shown = self._node.pictures[number % _GOP]
        packet = av.Packet(shown + _sei(len(history.sent)))
        base = self.video.time_base or Fraction(1, 1000)
        packet.time_base = base
        # A camera's own clock is never quite ours.
        packet.pts = packet.dts = round(Fraction(number * 1_000_100, _FPS * 1_000_000) / base)
        packet.duration = round(Fraction(1, _FPS) / base)
        packet.is_keyframe = number % _GOP == 0
        packet.stream = self.video
        history.sent.append((machine.boot_id(), history.life, machine.monotonic_ms()))
        return packet

    def mend(self, packet: av.Packet[Any], arrived_ms: int) -> None:
        """Its times are right."""

    def close(self) -> None:
        """There is nothing to close."""


class _Node:
    """Camera, watch and machine of one history; every life of it records to a spool."""

    kind = "clip"

    def __init__(self, folder: Path, history: _History, source: _Source) -> None:
        self.folder, self.history, self.machine = folder, history, history.machine
        self.video, self.pictures = source.video, source.pictures
        self._stop = False
        self._next = folder / "0"

    def open(self) -> _Feed:
        return _Feed(self)

    def stopping(self) -> bool:
        return self._stop

    def beat(self) -> None:
        """Nobody listens."""

    def live(self) -> Spool:
        """All lives, one after the other; answers the spool that the last one left."""
        while True:
            history = self.history
            self._stop = history.over = False
            self._after: list[Action] = []
            history.began.setdefault(self.machine.boot_id(), self.machine.monotonic_ms())
            spool = Spool(self._next, "local", self.machine)
            Recorder(
                CAMERA,
                self,
                spool,
                segment_ms=10_000,
                clock=self.machine,
                watch=self,
                report=history.tell,
            ).run()
            if not history.over:
                self._end(killed=False)
            if not self._after:
                return spool
            self._between()

    def _between(self) -> None:
        """What happens while nothing records."""
        machine = self.machine
        for what, ms in self._after:
            if what == "step while down":
                machine.step(ms)
            elif what in {"reboot", "boot 1970"}:
                machine.reboot(ms, unset=what == "boot 1970")
            else:
                machine.advance(ms)
        self.history.life += 1

    def act(self, what: str, value: int) -> None:
        """One action of the script besides playing."""
        if what == "step":
            self.machine.step(value)
        elif what == "synchronise":
            self.machine.synchronise()
        elif what == "drift":
            self.machine.drift = value
        elif what == "outage":
            self.machine.advance(value)
            raise CameraUnreachable("the connection ended", camera=CAMERA)
        else:
            self._leave(what, value)

    def _leave(self, what: str, value: int) -> None:
        """This life ends: what is on the disk now is all that a killed one leaves."""
        self._after = [] if what == "stop" else [(what, value)]
        if what == "step while down":
            self._after.append(("down", 5_000))
        if what not in {"stop", "restart", "step while down"}:
            self._end(killed=True)
            self._next = _snapshot(self._next, self.folder / str(self.history.life + 1))
            self.history.adopt(Spool(self._next, "local", self.machine))
        self._stop = True
        raise CameraUnreachable("the connection ended", camera=CAMERA)

    def _end(self, *, killed: bool) -> None:
        history, machine = self.history, self.machine
        history.ends[history.life] = (machine.boot_id(), machine.monotonic_ms(), killed)
        history.over = killed


@dataclass(frozen=True)
class _Source:
    """A stream to copy from, and the pictures of one GOP."""

    video: av.VideoStream
    pictures: list[bytes]


def run(folder: Path, *, seed: int, histories: int, say: Say) -> Verdict:
    """Play so many histories; `broken_by` counts those that broke a law by what was in them."""
    verdict, chance = Verdict("clock", seed), random.Random(seed)
    file = footage.clip(folder / "clip.mp4", seconds=4, fps=_FPS, gop=_GOP, b_frames=0)
    broken_by: dict[str, int] = {}
    with av.open(str(file)) as opened:
        pictures = [bytes(packet) for packet in footage.packets(opened)][:_GOP]
        source = _Source(opened.streams.video[0], pictures)
        for number in range(histories):
            if number % 500 == 0:
                say(f"{number} histories")
            _one(folder / "node", _script(chance), source, verdict, broken_by)
    verdict.figures |= {"broken_by": broken_by}
    return verdict


def _script(chance: random.Random) -> list[Action]:
    weights = [weight for *_, weight in _ACTIONS]
    script: list[Action] = [("play", 8_000)]
    for name, least, most, _ in chance.choices(_ACTIONS, weights, k=chance.randint(3, 12)):
        script.append((name, chance.randint(least, most)))
        if name == "boot 1970":
            script += [("play", chance.randint(3_000, 30_000)), ("synchronise", 0)]
    return [*script, ("play", 12_000)]


def _one(
    folder: Path,
    script: list[Action],
    source: _Source,
    verdict: Verdict,
    broken_by: dict[str, int],
) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    history = _History(list(script))
    spool = _Node(folder, history, source).live()
    wrong = list(_wrong(history, spool.sealed()))
    verdict.count("histories")
    verdict.count("segments", len(spool.sealed()))
    verdict.count("lives", history.life + 1)
    if wrong:
        verdict.hold(False, f"{script}: {wrong[:3]}")
        kinds = {name for name, _ in script} - {"play"}
        for kind in kinds:
            broken_by[kind] = broken_by.get(kind, 0) + 1


def _wrong(history: _History, sealed: Sequence[SealedSegment]) -> Iterator[str]:
    yield from _wrong_pictures(history, sealed)
    yield from _overlaps([item.segment for item in sealed])
    yield from _holes([told.item for told in history.told])
    yield from _wrong_sums(history)


def _wrong_pictures(history: _History, sealed: Sequence[SealedSegment]) -> Iterator[str]:
    """Every picture is in one segment, near its time; before a kill some may be missing."""
    seen: dict[int, str] = {}
    for item in sealed:
        numbers = _numbers(item.path)
        for number in numbers:
            if number in seen:
                yield f"picture {number} is in two segments"
            seen[number] = item.segment.id
        boot, _, at_ms = history.sent[numbers[0]]
        if boot != item.segment.boot_id or abs(at_ms - item.segment.monotonic_ms) > _NEAR_MS:
            yield f"{item.segment.id} is placed {item.segment.monotonic_ms - at_ms} ms off"
    for number, (_, life, at_ms) in enumerate(history.sent):
        _, end_ms, killed = history.ends[life]
        if number not in seen and not (killed and end_ms - at_ms <= KILLED_MS):
            yield f"picture {number} is lost, {end_ms - at_ms} ms before the end of its life"


def _numbers(path: Path) -> list[int]:
    data = footage.payload(path.read_bytes())
    found, at = [], data.find(_MARK)
    while at >= 0:
        found.append(struct.unpack_from(">Q", data, at + len(_MARK))[0])
        at = data.find(_MARK, at + len(_MARK) + 8)
    return found


def _overlaps(segments: Sequence[Segment]) -> Iterator[str]:
    """On the corrected timeline no moment is recorded twice."""
    placed = sorted((s.boot_id, s.monotonic_ms, s.monotonic_ms + s.wall_ms) for s in segments)
    for (boot, _, end), (other, start, _) in pairwise(placed):
        if boot == other and start < end:
            yield f"{end - start} ms of {boot} are in two segments"


def _holes(items: Sequence[Segment | Gap]) -> Iterator[str]:
    """E3, in UTC: each item begins where one ended, the one before it unless UTC was set back."""
    ends: set[int] = set()
    for before, after in pairwise(items):
        ends.add(before.end_ms)
        if after.start_ms > before.end_ms and after.start_ms not in ends:
            yield f"{after.start_ms - before.end_ms} ms before {after.id} are in nothing"


def _wrong_sums(history: _History) -> Iterator[str]:
    """E3, exactly: in each boot all items but a clock's jumps add up to the time that passed.

    From the start of its first recorder to the end of its last segment, whose monotonic time is
    known; what that recorder found of the boot before does not count.
    """
    for boot, began_ms in history.began.items():
        items = [told.item for told in history.told if told.boot == boot]
        while items and not isinstance(items[-1], Segment):
            items.pop()
        if not items:
            continue
        last = items[-1]
        assert isinstance(last, Segment)
        if last.boot_id != boot:
            continue  # it recovered, and recorded nothing of its own
        own = [i for i in items if not (isinstance(i, Segment) and i.boot_id != boot)]
        passed = last.monotonic_ms + last.wall_ms - began_ms
        added = sum(i.end_ms - i.start_ms for i in own if not _outside(i))
        if passed != added:
            yield f"{boot}: {added} ms are accounted for, {passed} ms passed"


def _outside(item: Segment | Gap) -> bool:
    return isinstance(item, Gap) and item.cause in {Cause.CLOCK_JUMP, Cause.NODE_DOWN}


def _sei(number: int) -> bytes:
    unit = _MARK + struct.pack(">Q", number)
    return struct.pack(">I", len(unit)) + unit


def _snapshot(source: Path, target: Path) -> Path:
    """What lies in a spool now; in the order in which files move, so that none is missed."""
    for name in ("recording", "account", "sealed"):
        (target / name).mkdir(parents=True)
        for path in (source / name).iterdir():
            try:
                copy = shutil.copyfile if name != "sealed" else os.link
                copy(path, target / name / path.name)
            except FileNotFoundError:
                continue  # it was carried over meanwhile, or renamed
    return target
