"""Files cut anywhere, with bits flipped and runs of zeros: never accepted wrong (E1, E4).

Every byte of what is sealed must be of the run that an oracle here finds by comparing with the
undamaged file: of the fragments that are as they were, the longest run from a keyframe on.
"""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby, pairwise
from pathlib import Path

from edge import mp4
from edge.part import INDEX, PART, Unit, read_index, stem
from edge.segment import Gap, Origin, Segment
from edge.spool import Spool, salvage
from infra.faults import footage
from infra.faults.footage import CAMERA, START_MS, Standing
from infra.faults.verdict import Say, Verdict

_STEM = stem(CAMERA, Origin.RECORDED, START_MS)
_CONTAINERS = {b"moov", b"trak", b"mdia", b"minf", b"stbl", b"mvex", b"moof", b"traf"}
_LONGEST_ZEROS = 30_000
_ENDED_MS = 8_123
_WRITTEN_NS = (START_MS + _ENDED_MS) * 1_000_000

Damage = tuple[str, bytes]


@dataclass(frozen=True, slots=True)
class Left:
    """What a recorder left: its file and the index beside it."""

    part: bytes
    index: bytes

    @property
    def units(self) -> list[Unit]:
        return read_index(self.index)[1]


@dataclass(frozen=True, slots=True)
class _Run:
    """A run of undamaged fragments: what it holds, and how long it lasts in ticks."""

    payload: bytes
    ticks: int


def run(folder: Path, *, seed: int, offsets: int, say: Say) -> Verdict:
    """Damage a torn, an ended and a sealed file in `offsets` ways of each kind, and more."""
    verdict, chance = Verdict("truncate", seed), random.Random(seed)
    file = footage.clip(folder / "clip.mp4")
    torn, ended = _leave(folder / "torn", file, 105), _leave(folder / "ended", file, None)
    say(f"a torn file of {len(torn.part)} bytes")
    for kind, part in _damages(torn.part, chance, offsets):
        _recover(folder / "case", verdict, kind, torn, Left(part, torn.index))
    say("its index")
    for kind, index in _damages(torn.index, chance, offsets):
        _recover(folder / "case", verdict, f"index {kind}", torn, Left(torn.part, index))
    say("an ended file, and its index")
    for kind, part in _damages(ended.part, chance, offsets // 10):
        _recover(folder / "case", verdict, f"ended {kind}", ended, Left(part, ended.index))
    for kind, index in _damages(ended.index, chance, offsets):
        _recover(folder / "case", verdict, f"ended index {kind}", ended, Left(ended.part, index))
    say("a sealed file")
    _spoil_sealed(folder, verdict, file, chance, offsets)
    return verdict


def _leave(root: Path, file: Path, count: int | None) -> Left:
    """What kill -9 leaves of a recording; of all packets (None) one that came to its end."""
    with footage.recording(root, file, Standing(), count) as begun:
        if count is None:
            begun.complete(_ENDED_MS)
        left = Left(begun.path.read_bytes(), begun.path.with_suffix(INDEX).read_bytes())
        begun.abandon()
    return left


def _damages(data: bytes, chance: random.Random, offsets: int) -> Iterator[Damage]:
    """Cuts at every box and at random, single bits flipped, runs of zeros."""
    for at in sorted(_edges(data)):
        yield f"cut at box {at}", data[:at]
    for at in _places(len(data), chance, offsets):
        yield f"cut at {at}", data[:at]
    for at in _places(len(data) * 8, chance, offsets):
        flipped = data[at // 8] ^ (1 << at % 8)
        yield f"bit {at} flipped", data[: at // 8] + bytes([flipped]) + data[at // 8 + 1 :]
    for at in _places(len(data), chance, offsets):
        end = min(len(data), at + chance.randint(1, min(_LONGEST_ZEROS, len(data))))
        yield f"zeros from {at} to {end}", data[:at] + bytes(end - at) + data[end:]


def _places(size: int, chance: random.Random, count: int) -> list[int]:
    """Every place where that is no more than asked for, else so many at random."""
    return list(range(size)) if size <= count else sorted(chance.sample(range(size), count))


def _edges(data: bytes, start: int = 0, end: int | None = None) -> set[int]:
    """Where boxes of any level begin and end; none in what is no MP4."""
    if data[4:8] != b"ftyp":
        return set()
    found: set[int] = set()
    for box in mp4.boxes(data, start, end):
        found |= {box.start, box.body, box.end}
        if box.kind in _CONTAINERS:
            found |= _edges(data, box.body, box.end)
    return found


def _recover(root: Path, verdict: Verdict, kind: str, was: Left, now: Left) -> None:
    """Let the spool recover damaged files, and judge what it made of them."""
    shutil.rmtree(root, ignore_errors=True)
    (root / "recording").mkdir(parents=True)
    part = root / "recording" / f"{_STEM}{PART}"
    part.write_bytes(now.part)
    part.with_suffix(INDEX).write_bytes(now.index)
    os.utime(part, ns=(_WRITTEN_NS, _WRITTEN_NS))  # what cannot be read ends with its last write
    media = salvage.holds_media(part)
    spool = Spool(root, "local", Standing())
    found = spool.recover(CAMERA)
    verdict.count("cases")
    wrong = _wrong(spool, was, now, found, media)
    verdict.count(_outcome(found))
    verdict.hold(wrong is None, f"{kind}: {wrong}")


def _outcome(found: list[Segment | Gap]) -> str:
    if any(isinstance(item, Segment) for item in found):
        return "recovered"
    return "quarantined" if found else "without_media"


def _wrong(
    spool: Spool, was: Left, now: Left, found: list[Segment | Gap], media: bool
) -> str | None:
    """What is wrong with a recovery; None where all is as promised."""
    if spool.check()["E1"].broken:
        return "a sealed file has a wrong digest"
    if any((spool.root / "recording").iterdir()):
        return "something is left in recording/"
    if told := _wrong_account(found):
        return told
    held = [footage.payload(item.path.read_bytes()) for item in spool.sealed()]
    if now.index == was.index:
        return _not_longest(held, _longest(was, now), spool, now, media)
    if held and not any(part in footage.payload(was.part) for part in held):
        return "it holds what was never recorded"
    return None if held else _not_kept(spool, now, media)


def _wrong_account(found: list[Segment | Gap]) -> str | None:
    """Segments and gaps follow one another from the start, and claim no more than there was."""
    if not found:
        return None
    ends = [(START_MS, START_MS), *((item.start_ms, item.end_ms) for item in found)]
    if any(before[1] != after[0] for before, after in pairwise(ends)):
        return "what was recovered does not follow one another"
    last, lasts_ms = found[-1], ends[-1][1] - START_MS
    if isinstance(last, Segment) and last.wall_ms not in {last.media_ms, _ENDED_MS}:
        return f"its segment stands for {last.wall_ms} ms, and lasts {last.media_ms}"
    return None if lasts_ms <= _ENDED_MS else f"it accounts for {lasts_ms} ms"


def _not_longest(
    held: list[bytes], best: list[_Run], spool: Spool, now: Left, media: bool
) -> str | None:
    if not best:
        return "a run was sealed where none is sound" if held else _not_kept(spool, now, media)
    if len(held) != 1 or held[0] not in {one.payload for one in best}:
        return f"not the longest sound run: {[len(one) for one in held]} bytes"
    return None


def _not_kept(spool: Spool, now: Left, media: bool) -> str | None:
    """Bytes that hold media and came to nothing lie in quarantine, unchanged."""
    kept = [path.read_bytes() for path in (spool.root / "quarantine").glob(f"*{PART}")]
    return None if not media or kept == [now.part] else "its bytes are not in quarantine"


def _longest(was: Left, now: Left) -> list[_Run]:
    """The longest runs, more than one where several are as long; none without an init section."""
    init, *units = was.units
    if not _same(was, now, init):
        return []
    track = mp4.read_init(was.part[: init.size]).video_track
    runs = []
    for sound, group in groupby(units, key=lambda unit: _same(was, now, unit)):
        pictures = [(u, mp4.read_run(was.part[u.offset : u.offset + u.size], track)) for u in group]
        while pictures and not (pictures[0][1] and pictures[0][1].keyframe):
            del pictures[0]
        if sound and pictures:
            runs.append(_of(was, pictures))
    most = max((one.ticks for one in runs), default=0)
    return [one for one in runs if one.ticks == most]


def _of(was: Left, pictures: list[tuple[Unit, mp4.Run | None]]) -> _Run:
    first, last = pictures[0][0], pictures[-1][0]
    seen = [run for _, run in pictures if run is not None]
    data = was.part[first.offset : last.offset + last.size]
    return _Run(footage.payload(data), max(one.end_pts for one in seen) - seen[0].pts)


def _same(was: Left, now: Left, unit: Unit) -> bool:
    end = unit.offset + unit.size
    return was.part[unit.offset : end] == now.part[unit.offset : end]


def _spoil_sealed(
    folder: Path, verdict: Verdict, file: Path, chance: random.Random, offsets: int
) -> None:
    """A damaged sealed file is quarantined when it is listed, or named when it is hashed.

    A damaged sidecar is as good as none: not one bit of it is believed.
    """
    root = folder / "sealed"
    with footage.recording(root, file, Standing()) as begun:
        segment = begun.seal(_ENDED_MS)
    path = root / "sealed" / segment.name.file
    data, sidecar = path.read_bytes(), path.with_suffix(".json").read_bytes()
    for kind, spoiled in _damages(data, chance, offsets):
        if spoiled == data:
            continue
        path.write_bytes(spoiled)
        path.with_suffix(".json").write_bytes(sidecar)
        verdict.count("cases")
        verdict.count("sealed_spoiled")
        verdict.hold(_seen(Spool(root, "local", Standing()), spoiled), f"sealed {kind}: accepted")
        shutil.rmtree(root / "quarantine")
    path.write_bytes(data)
    for kind, spoiled in _damages(sidecar, chance, offsets):
        if spoiled == sidecar:
            continue
        path.with_suffix(".json").write_bytes(spoiled)
        verdict.count("cases")
        verdict.count("sidecars_spoiled")
        seen = Spool(root, "local", Standing()).check()["E1"].broken == 1
        verdict.hold(seen, f"sidecar {kind}: accepted")


def _seen(spool: Spool, spoiled: bytes) -> bool:
    """Whether the damage was seen, and cost neither the bytes nor the account."""
    if spool.check()["E1"].broken != 1:
        return False
    if spool.sealed():
        return True  # of the right size: its digest tells, here and at upload
    (kept,) = (spool.root / "quarantine").glob("*.mp4")
    (gap,) = spool.gaps()
    return kept.read_bytes() == spoiled and gap.gap.start_ms == START_MS
