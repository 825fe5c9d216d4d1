"""Random histories of a node's clock, its boots and its recorder's ends, on the real recorder.

What a moment is, is told by boot and monotonic time; where it lies in UTC, by names and by the
corrections that are in the spool at the end. UTC steps, drifts, and is 1970 at some boots; the
camera's own clock drifts too. Each picture carries its number, so that every one can be found
again.
"""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av

from edge.clocks.boots import ClockFolder
from edge.errors import CameraUnreachable
from edge.recorder import Recorder
from edge.spool import Spool
from infra.faults import footage
from infra.faults.footage import CAMERA
from infra.faults.history import Action, History, Sent, marked, wrong
from infra.faults.verdict import Say, Verdict

_FPS, _GOP = 2, 2
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
    ("synchronise", 0, 0, 1),
    ("step while down", -3_600_000, 3_600_000, 1),
)
# How a new node's clock is: right by NTP, right by a chip, or never set.
_BEGINNINGS = ("by NTP", "by a chip", "in 1970")
_FINDS_NTP = 0.7


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
        packet = av.Packet(shown + marked(len(history.sent)))
        base = self.video.time_base or Fraction(1, 1000)
        packet.time_base = base
        # A camera's own clock is never quite ours.
        packet.pts = packet.dts = round(Fraction(number * 1_000_100, _FPS * 1_000_000) / base)
        packet.duration = round(Fraction(1, _FPS) / base)
        packet.is_keyframe = number % _GOP == 0
        packet.stream = self.video
        history.sent.append(
            Sent(machine.boot_id(), history.life, machine.monotonic_ms(), machine.true_ms)
        )
        return packet

    def mend(self, packet: av.Packet[Any], arrived_ms: int) -> None:
        """Its times are right."""

    def close(self) -> None:
        """There is nothing to close."""


class _Node:
    """Camera, watch and machine of one history; every life of it records to a spool."""

    kind = "clip"

    def __init__(self, folder: Path, history: History, source: _Source) -> None:
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
    script: list[Action] = [(chance.choice(_BEGINNINGS), 0), ("play", 8_000)]
    for name, least, most, _ in chance.choices(_ACTIONS, weights, k=chance.randint(3, 12)):
        script.append((name, chance.randint(least, most)))
        if name == "boot 1970" and chance.random() < _FINDS_NTP:
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
    history = History([action for action in script if action[0] not in _BEGINNINGS])
    for what, _ in script[:1]:
        history.machine.begin(what)
    spool = _Node(folder, history, source).live()
    told = [told.correction for told in ClockFolder(spool.root).corrections()]
    breaches = list(wrong(history, spool.sealed(), told))
    verdict.count("histories")
    verdict.count("segments", len(spool.sealed()))
    verdict.count("lives", history.life + 1)
    verdict.count("corrections", len(told))
    if breaches:
        verdict.hold(False, f"{script}: {breaches[:3]}")
        kinds = {name for name, _ in script} - {"play"}
        for kind in kinds:
            broken_by[kind] = broken_by.get(kind, 0) + 1


def _snapshot(source: Path, target: Path) -> Path:
    """What lies in a spool now; in the order in which files move, so that none is missed."""
    # Made on demand; nothing is written there while a life ends.
    (source / "clock").mkdir(exist_ok=True)
    for name in ("recording", "account", "clock", "sealed"):
        (target / name).mkdir(parents=True)
        for path in (source / name).iterdir():
            try:
                copy = shutil.copyfile if name != "sealed" else os.link
                copy(path, target / name / path.name)
            except FileNotFoundError:
                continue  # it was carried over meanwhile, or renamed
    return target
