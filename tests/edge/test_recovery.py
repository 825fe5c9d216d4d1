"""A crash at any point, and any damage to what it left, costs what is damaged and no more."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import av
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.part import read_index
from edge.segment import Cause, Gap, Origin, Segment
from edge.spool import Recording, Spool, salvage
from tests.edge import footage
from tests.edge.crashing import crashes
from tests.edge.fake_clock import FakeClock
from tests.edge.footage import Clip

START_MS = 1_700_000_000_000
PART, INDEX = f"yard_recorded_{START_MS}.part", f"yard_recorded_{START_MS}.index"


def opened(root: Path) -> Spool:
    return Spool(root, "local", FakeClock(utc_ms=START_MS + 60_000))


def begun(spool: Spool, clip: Path, count: int | None = None) -> Recording:
    """A recording that has been given the first packets of a clip."""
    with av.open(str(clip)) as file:
        video = file.streams.video[0]
        recording = spool.begin(
            "yard", start_ms=START_MS, monotonic_ms=500, source="clip", video=video
        )
        for number, packet in enumerate(p for p in file.demux(video) if p.size):
            if count is None or number < count:
                recording.write(packet)
        return recording


def leave(recording: Recording, to: Path) -> None:
    """What a killed process leaves of a recording: its files as they are."""
    (to / "recording").mkdir(parents=True)
    for file in recording.path.parent.iterdir():
        shutil.copy(file, to / "recording")
    recording.abandon()


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Clip(seconds=8, gop=20, b_frames=2).write(tmp_path_factory.mktemp("c") / "s.mp4")


@pytest.fixture(scope="module")
def torn(clip: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A spool whose recorder was killed after 7 s."""
    folder = tmp_path_factory.mktemp("torn")
    leave(begun(opened(folder / "live"), clip, 105), folder / "left")
    return folder / "left"


def test_a_killed_recording_is_cut_to_its_whole_fragments_and_sealed(
    torn: Path, clip: Path, tmp_path: Path
) -> None:
    shutil.copytree(torn, tmp_path / "spool")
    part = tmp_path / "spool" / "recording" / PART
    with part.open("ab") as file:
        file.write(b"\0\0\1\0moof torn in the middle")
    spool = opened(tmp_path / "spool")
    (segment,) = spool.recover("yard")
    assert isinstance(segment, Segment)
    assert segment.recovered
    assert segment.start_ms == START_MS
    assert segment.wall_ms == segment.media_ms >= 7_000 - 1_100
    (item,) = spool.sealed()
    kept = footage.payloads(item.path)
    assert kept == footage.payloads(clip)[: len(kept)]
    account = spool.account_end("yard")
    assert account is not None
    assert account.end_ms == segment.end_ms
    assert account.monotonic_ms == 500 + segment.wall_ms
    assert spool.recover("yard") == []
    assert not list((tmp_path / "spool" / "recording").iterdir())


def test_damage_in_the_middle_keeps_the_longest_run_and_the_evidence(
    torn: Path, clip: Path, tmp_path: Path
) -> None:
    shutil.copytree(torn, tmp_path / "spool")
    part = tmp_path / "spool" / "recording" / PART
    data = bytearray(part.read_bytes())
    data[3000:3400] = bytes(400)  # in the first fragments: zeros still look like a whole box
    part.write_bytes(data)
    spool = opened(tmp_path / "spool")
    gap, segment = spool.recover("yard")
    assert isinstance(gap, Gap)
    assert isinstance(segment, Segment)
    assert gap.cause is Cause.QUARANTINED
    assert (gap.start_ms, gap.end_ms) == (START_MS, segment.start_ms)
    assert START_MS < segment.start_ms < START_MS + 3_000
    (item,) = spool.sealed()
    assert is_run(footage.payloads(item.path), footage.payloads(clip))
    assert footage.presentation(item.path)[0] == 0
    assert segment.fragments[0].pts == 0
    assert segment.fragments[0].keyframe
    (evidence,) = (tmp_path / "spool" / "quarantine").glob("*.part")
    assert evidence.read_bytes() == bytes(data)


@pytest.mark.parametrize("lost", [0, 50_000])
def test_what_came_to_its_end_unsealed_ends_where_the_next_begins(
    lost: int, clip: Path, tmp_path: Path
) -> None:
    """`lost` bytes of the file did not reach the disk, as after a power cut."""
    recording = begun(opened(tmp_path / "live"), clip)
    assert recording.complete(wall_ms=8_123).media_ms == 8_000
    leave(recording, tmp_path / "left")
    part = tmp_path / "left" / "recording" / PART
    os.truncate(part, part.stat().st_size - lost)
    segment, *gaps = opened(tmp_path / "left").recover("yard")
    assert isinstance(segment, Segment)
    assert [segment.end_ms, *(gap.end_ms for gap in gaps)][-1] == START_MS + 8_123
    assert [gap.cause for gap in gaps if isinstance(gap, Gap)] == [Cause.NODE_DOWN] * bool(lost)
    assert [gap.start_ms for gap in gaps] == [segment.end_ms] * bool(lost)


def is_run(kept: list[bytes], of: list[bytes]) -> bool:
    """Whether these packets follow one another in a clip."""
    return any(of[i : i + len(kept)] == kept for i in range(len(of) - len(kept) + 1))


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda folder: (folder / INDEX).unlink(), "index"),
        (lambda folder: (folder / INDEX).write_bytes(b"12 {}\n"), "index"),
        (lambda folder: (folder / PART).write_bytes(b"not a movie" * 99), "init section"),
    ],
)
def test_what_cannot_be_kept_goes_to_quarantine_with_its_bytes(
    spoil: Callable[[Path], object], reason: str, torn: Path, tmp_path: Path
) -> None:
    root = tmp_path / "spool"
    shutil.copytree(torn, root)
    spoil(root / "recording")
    data = (root / "recording" / PART).read_bytes()
    spool = opened(root)
    (gap,) = spool.recover("yard")
    assert isinstance(gap, Gap)
    assert gap.cause is Cause.QUARANTINED
    assert gap.start_ms == START_MS
    assert reason in gap.detail
    assert [item.gap for item in spool.gaps()] == [gap]
    assert (root / "quarantine" / PART).read_bytes() == data
    assert reason in (root / "quarantine" / f"{PART}.reason.json").read_text()
    assert spool.recover("yard") == []


@pytest.mark.parametrize("part", ["of nothing", "of the init section", "without its end"])
def test_a_part_without_media_leaves_nothing(part: str, torn: Path, tmp_path: Path) -> None:
    root = tmp_path / "spool"
    shutil.copytree(torn, root)
    _, units = read_index((root / "recording" / INDEX).read_bytes())
    size = {"of nothing": 0, "of the init section": units[0].size}.get(part, units[0].size // 2)
    os.truncate(root / "recording" / PART, size)
    spool = opened(root)
    assert spool.recover("yard") == []
    assert not list((root / "recording").iterdir())
    assert not list((root / "quarantine").iterdir())


def test_a_torn_import_is_left_to_be_imported_again(tmp_path: Path) -> None:
    spool = opened(tmp_path)
    part = tmp_path / "recording" / f"yard_imported_{START_MS}.part"
    part.write_bytes(b"half")
    assert spool.recover("yard") == []
    assert part.exists()
    assert spool.recover("yard", Origin.IMPORTED) == []
    assert not part.exists()


def test_another_cameras_files_are_left_alone(torn: Path, tmp_path: Path) -> None:
    shutil.copytree(torn, tmp_path / "spool")
    spool = opened(tmp_path / "spool")
    assert spool.recover("yar") == []
    assert len(spool.recover("yard")) == 1


def test_a_crash_at_any_step_of_a_seal_loses_nothing(clip: Path, tmp_path: Path) -> None:
    """E1: each prefix of the operations is replayed, and so is each prefix of the recovery."""
    step = 0
    while True:
        root = tmp_path / str(step)
        spool = opened(root)
        recording = begun(spool, clip)
        before = footage.payloads(clip)
        crashed = crashes(step, root, lambda r=recording: r.seal(8_000))  # type: ignore[misc]
        shutil.copytree(root, tmp_path / f"{step}-again")
        _check_recovery(opened(root), before)
        for inner in range(30):
            again = tmp_path / f"{step}-{inner}"
            shutil.copytree(tmp_path / f"{step}-again", again)
            if not crashes(inner, again, lambda a=again: opened(a).recover("yard")):  # type: ignore[misc]
                break
            _check_recovery(opened(again), before)
        if not crashed:
            break
        step += 1
    assert step >= 6


def _check_recovery(spool: Spool, before: list[bytes]) -> None:
    spool.recover("yard")
    (item,) = spool.sealed()
    kept = footage.payloads(item.path)
    assert kept == before[: len(kept)]
    assert len(kept) > len(before) - 17
    assert spool.check()["E1"].broken == 0
    assert not list((spool.root / "recording").iterdir())
    names = {file.suffix for file in (spool.root / "sealed").iterdir()}
    assert names == {".mp4", ".json"}
    account = spool.account_end("yard")
    assert account is not None
    assert account.end_ms == item.segment.end_ms
    assert spool.recover("yard") == []


Damage = Callable[[bytes], bytes]


def _damages() -> st.SearchStrategy[Damage]:
    places = st.floats(0, 1, exclude_max=True)

    def cut(at: float) -> Damage:
        return lambda data: data[: int(at * len(data))]

    def flip(at: float, bit: int) -> Damage:
        def act(data: bytes) -> bytes:
            spoiled = bytearray(data)
            if spoiled:
                spoiled[int(at * len(data))] ^= 1 << bit
            return bytes(spoiled)

        return act

    def zeros(at: float, size: int) -> Damage:
        def act(data: bytes) -> bytes:
            start = int(at * len(data))
            end = min(len(data), start + size)
            return data[:start] + bytes(end - start) + data[end:]

        return act

    return st.one_of(
        st.builds(cut, places),
        st.builds(flip, places, st.integers(0, 7)),
        st.builds(zeros, places, st.integers(1, 4000)),
    )


@settings(max_examples=50, deadline=None)
@given(part=st.lists(_damages(), max_size=3), index=st.lists(_damages(), max_size=2))
def test_whatever_is_damaged_only_whole_footage_is_sealed(
    part: list[Damage], index: list[Damage], torn: Path, clip: Path
) -> None:
    """E4: truncation, bit flips and runs of zeros, in the file and in its index."""
    of = footage.payloads(clip)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "spool"
        shutil.copytree(torn, root)
        for file, damages in ((PART, part), (INDEX, index)):
            path = root / "recording" / file
            for damage in damages:
                path.write_bytes(damage(path.read_bytes()))
        left = (root / "recording" / PART).read_bytes()
        # Cut back to what stands before the first fragment, there is no picture to keep.
        media = salvage.holds_media(root / "recording" / PART)
        spool = opened(root)
        spool.recover("yard")
        sealed = spool.sealed()
        for item in sealed:
            assert is_run(footage.payloads(item.path), of)
            assert footage.packets(item.path)[0].is_keyframe
        assert spool.check()["E1"].broken == 0
        if media and not sealed:
            (kept,) = (root / "quarantine").glob("*.part")
            assert kept.read_bytes() == left
            assert len(spool.gaps()) == 1
        assert not list((root / "recording").iterdir())
        assert spool.recover("yard") == []
