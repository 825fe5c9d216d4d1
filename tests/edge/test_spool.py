"""What the spool promises: durable gaps, an account, whole segments only, room by policy."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import av
import pytest

from edge.errors import BadMedia, BadName, Permanent, SpoolFull
from edge.segment import Cause, Gap, Origin, Segment
from edge.spool import Spool
from edge.spool.room import MARGIN_BYTES
from tests.edge import footage
from tests.edge.fake_clock import FakeClock
from tests.edge.footage import Clip

START_MS = 1_700_000_000_000
LENGTH_MS = 2_000


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Clip(seconds=2).write(tmp_path_factory.mktemp("clip") / "s.mp4")


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(utc_ms=START_MS + 100_000, monotonic_ms=900_000)


@pytest.fixture
def spool(tmp_path: Path, clock: FakeClock) -> Spool:
    return Spool(tmp_path / "spool", "local", clock)


def record(
    spool: Spool,
    clip: Path,
    start_ms: int = START_MS,
    camera: str = "yard",
    origin: Origin = Origin.RECORDED,
) -> Segment:
    with av.open(str(clip)) as file:
        video = file.streams.video[0]
        recording = spool.begin(
            camera,
            start_ms=start_ms,
            monotonic_ms=700_000,
            source="clip",
            video=video,
            origin=origin,
        )
        for packet in file.demux(video):
            if packet.size:
                recording.write(packet)
        return recording.seal(LENGTH_MS)


def gap(start_ms: int = START_MS, end_ms: int = START_MS + 5_000, camera: str = "yard") -> Gap:
    cause = Cause.CAMERA_UNREACHABLE
    return Gap(camera=camera, node="local", start_ms=start_ms, end_ms=end_ms, cause=cause)


def test_a_sealed_segment_is_its_file(spool: Spool, clip: Path) -> None:
    segment = record(spool, clip)
    (item,) = spool.sealed()
    assert item.segment == segment
    assert item.path.name == segment.name.file
    assert footage.payloads(item.path) == footage.payloads(clip)
    assert (segment.camera, segment.node, segment.start_ms) == ("yard", "local", START_MS)
    assert (segment.media_ms, segment.wall_ms) == (2_000, LENGTH_MS)
    assert (segment.boot_id, segment.monotonic_ms) == ("boot-1", 700_000)
    assert spool.check()["E1"].checked == 1
    assert spool.check()["E1"].broken == 0


def test_segments_come_oldest_first_and_leave_when_evicted(spool: Spool, clip: Path) -> None:
    starts = [START_MS + n * LENGTH_MS for n in (2, 0, 1)]
    for number, start_ms in enumerate(starts):
        record(spool, clip, start_ms, f"cam-{number}")
    found = spool.sealed()
    assert [item.segment.start_ms for item in found] == sorted(starts)
    assert spool.sealed(limit=1) == found[:1]
    for item in found:
        spool.evict(item)
        spool.evict(item)
    assert spool.sealed() == []
    assert not list((spool.root / "sealed").iterdir())


def test_a_gap_is_durable_once_however_often_it_is_told(spool: Spool) -> None:
    spool.gap(gap())
    spool.gap(gap())
    (item,) = spool.gaps()
    assert item.gap == gap()
    spool.evict(item)
    assert spool.gaps() == []


def test_the_account_advances_by_segments_and_gaps(spool: Spool, clip: Path) -> None:
    assert spool.account_end("yard") is None
    record(spool, clip)
    account = spool.account_end("yard")
    assert account is not None
    assert (account.end_ms, account.monotonic_ms) == (START_MS + LENGTH_MS, 702_000)
    spool.gap(gap(START_MS + LENGTH_MS, START_MS + 90_000))
    account = spool.account_end("yard")
    assert account is not None
    # The clock reads 100 s after the start at monotonic 900 s; the gap ended 10 s before that.
    assert (account.end_ms, account.monotonic_ms) == (START_MS + 90_000, 890_000)
    spool.gap(gap())
    assert spool.account_end("yard") == account
    assert account.boot_id == "boot-1"


def test_imported_footage_stands_outside_the_account(spool: Spool, clip: Path) -> None:
    record(spool, clip, origin=Origin.IMPORTED)
    spool.recover("yard")
    assert spool.account_end("yard") is None


def test_what_was_begun_and_never_held_a_picture_is_no_segment(spool: Spool, clip: Path) -> None:
    with av.open(str(clip)) as file:
        video = file.streams.video[0]
        recording = spool.begin(
            "yard", start_ms=START_MS, monotonic_ms=0, source="clip", video=video
        )
        with pytest.raises(BadMedia):
            recording.seal(1_000)
    assert not list((spool.root / "recording").iterdir())
    assert spool.sealed() == []


def test_a_discarded_recording_keeps_its_bytes_and_the_reason(spool: Spool, clip: Path) -> None:
    with av.open(str(clip)) as file:
        video = file.streams.video[0]
        recording = spool.begin(
            "yard", start_ms=START_MS, monotonic_ms=0, source="clip", video=video
        )
        for packet in file.demux(video):
            recording.write(packet)
        recording.discard("the stream made no sense")
    (part,) = (spool.root / "quarantine").glob("*.part")
    assert part.stat().st_size > 0
    assert "made no sense" in part.with_name(f"{part.name}.reason.json").read_text()
    assert not list((spool.root / "recording").iterdir())


@pytest.mark.parametrize("damage", ["sidecar gone", "sidecar torn", "file short"])
def test_a_broken_segment_is_set_apart_with_a_gap_and_the_rest_goes_on(
    damage: str, spool: Spool, clip: Path
) -> None:
    segment = record(spool, clip)
    other = record(spool, clip, START_MS + LENGTH_MS)
    path = spool.root / "sealed" / segment.name.file
    if damage == "sidecar gone":
        path.with_suffix(".json").unlink()
    elif damage == "sidecar torn":
        path.with_suffix(".json").write_text('{"camera": "yard"')
    else:
        os.truncate(path, 100)
    assert [item.segment for item in spool.sealed()] == [other]
    assert (spool.root / "quarantine" / path.name).exists()
    (item,) = spool.gaps()
    assert item.gap.cause is Cause.QUARANTINED
    assert item.gap.start_ms == START_MS


def test_a_strangers_file_does_not_hold_up_the_queue(spool: Spool, clip: Path) -> None:
    segment = record(spool, clip)
    (spool.root / "sealed" / "holiday.mp4").write_bytes(b"hello")
    assert [item.segment for item in spool.sealed()] == [segment]
    assert (spool.root / "quarantine" / "holiday.mp4").read_bytes() == b"hello"


def test_a_flipped_byte_breaks_e1(spool: Spool, clip: Path) -> None:
    segment = record(spool, clip)
    path = spool.root / "sealed" / segment.name.file
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    check = spool.check()["E1"]
    assert (check.checked, check.broken, check.keys) == (1, 1, (segment.key,))


def test_depth_counts_what_waits(spool: Spool, clip: Path) -> None:
    one = record(spool, clip)
    two = record(spool, clip, START_MS + LENGTH_MS)
    record(spool, clip, START_MS - 1_000, "gate")
    spool.gap(gap())
    depth = spool.depth()
    assert (depth.segments, depth.gaps, depth.oldest_ms) == (3, 1, START_MS - 1_000)
    assert depth.cameras["yard"].bytes == one.size_bytes + two.size_bytes
    assert depth.cameras["yard"].oldest_ms == START_MS
    assert depth.free_bytes > 0


def test_room_is_made_from_the_fullest_camera_oldest_first(
    spool: Spool, clock: FakeClock, clip: Path
) -> None:
    """E2: each drop has its gap; E5: the camera that floods pays."""
    flood = [record(spool, clip, START_MS + n * LENGTH_MS, "flood") for n in range(3)]
    record(spool, clip, START_MS - 60_000, "calm")
    need, size = 1 << 20, spool.depth().bytes
    limited = Spool(
        spool.root, "local", clock, lambda: MARGIN_BYTES + need - 1 + size - spool.depth().bytes
    )
    (dropped,) = limited.make_room(need)
    assert dropped.camera == "flood"
    assert dropped.cause is Cause.DISK_FULL_DROPPED
    assert (dropped.start_ms, dropped.end_ms) == (flood[0].start_ms, flood[0].end_ms)
    assert [item.gap for item in spool.gaps()] == [dropped]
    assert {item.segment.id for item in spool.sealed()} >= {f.id for f in flood[1:]}
    assert limited.make_room(need) == []


def test_a_disk_with_nothing_left_to_drop_says_so(tmp_path: Path, clock: FakeClock) -> None:
    spool = Spool(tmp_path / "spool", "local", clock, free_bytes=lambda: 0)
    with pytest.raises(SpoolFull):
        spool.make_room(1)


def test_covers_adds_neighbours_up(spool: Spool, clip: Path) -> None:
    for n in range(3):
        record(spool, clip, START_MS + n * LENGTH_MS)
    assert spool.covers("yard", START_MS + 500, START_MS + 3 * LENGTH_MS)
    assert not spool.covers("yard", START_MS - 1, START_MS + 500)
    assert not spool.covers("yard", START_MS, START_MS + 3 * LENGTH_MS + 1)
    assert not spool.covers("gate", START_MS, START_MS + 1)


def test_a_camera_has_one_writer(spool: Spool) -> None:
    with (
        spool.lock("yard"),
        spool.lock("gate"),
        spool.lock("yard", Origin.IMPORTED),
        pytest.raises(Permanent, match="yard"),
        spool.lock("yard", wait_seconds=0),
    ):
        pass
    with spool.lock("yard", wait_seconds=0):
        pass


def test_a_lock_ends_with_its_process(spool: Spool) -> None:
    code = (
        "import sys, pathlib; from edge.spool import Spool; from edge.clock import SystemClock\n"
        "spool = Spool(pathlib.Path(sys.argv[1]), 'local', SystemClock())\n"
        "with spool.lock('yard'): print('held', flush=True); sys.stdin.read()\n"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", code, str(spool.root)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(Permanent), spool.lock("yard", wait_seconds=0):
            pass
        holder.kill()
        holder.wait()
    with spool.lock("yard", wait_seconds=5):
        pass


@pytest.mark.parametrize("name", ["../x", "", "Yard", "a" * 64])
def test_names_that_are_not_names_are_refused(name: str, spool: Spool, clip: Path) -> None:
    with pytest.raises(BadName):
        record(spool, clip, camera=name)
    with pytest.raises(BadName):
        spool.account_end(name)
