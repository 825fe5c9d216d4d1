"""One camera's recorder, on cameras that do what real ones sometimes do."""

from __future__ import annotations

import itertools
import threading
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import pytest

from edge.camera.scene import SceneCamera
from edge.errors import CameraFrozen, CameraUnreachable, SpoolFull
from edge.recorder import back_off
from edge.segment import Gap, Segment
from edge.sequence import sequence_sets
from edge.spool import Recording
from tests.edge.life import Life, Packets, after
from tests.edge.recording import causes, marks

FPS = 15


@pytest.fixture
def life(tmp_path: Path) -> Life:
    return Life(tmp_path)


def test_segments_are_cut_on_the_keyframe_at_the_wall_clocks_multiple(life: Life) -> None:
    life.run(32)
    assert causes(life.items) == []
    assert len(life.segments) == 7
    for segment in life.segments[1:]:
        assert segment.start_ms % 5_000 <= 1_000
    assert life.items == life.told
    assert life.items[0].start_ms == life.began
    assert life.watch.beats >= 30


def test_every_picture_is_in_exactly_one_segment(life: Life) -> None:
    life.run(11)
    seen = [mark for item in life.spool.sealed() for mark in marks(item.path)]
    assert [m.frame for m in seen] == list(range(seen[0].frame, seen[0].frame + len(seen)))
    for item in life.spool.sealed():
        first = marks(item.path)[0]
        assert abs(first.utc_ms - item.segment.start_ms) <= 100


def test_outages_are_gaps_with_their_causes(life: Life) -> None:
    life.run(
        60,
        after(100, CameraFrozen("nothing arrives", camera="gate")),
        CameraUnreachable("refused", camera="gate"),
        CameraUnreachable("refused", camera="gate"),
        after(100, CameraUnreachable("ended", camera="gate")),
    )
    assert causes(life.items) == ["camera_frozen", "camera_unreachable", "camera_unreachable"]
    assert life.items[-1].end_ms == pytest.approx(life.clock.utc_ms(), abs=200)


def test_a_long_outage_shows_while_it_lasts(life: Life) -> None:
    life.run(300, *[CameraUnreachable("refused", camera="gate")] * 100)
    assert set(causes(life.items)) == {"camera_unreachable"}
    assert all(item.end_ms - item.start_ms <= 60_000 for item in life.items)
    assert life.items[-1].end_ms >= life.clock.utc_ms() - 100


def test_the_time_between_two_lives_is_a_gap(life: Life) -> None:
    life.run(7)
    life.clock.advance(90_000)
    life.run(7)
    life.clock.boot = "boot-2"
    life.clock.advance(30_000)
    life.run(7)
    assert causes(life.items) == ["recorder_down", "node_down"]


def test_frames_before_the_first_keyframe_are_waited_out(life: Life) -> None:
    life.run(10, lambda packets: itertools.islice(packets, 8, None))
    assert causes(life.items) == ["waiting_keyframe"]


def test_a_camera_without_a_keyframe_for_minutes_is_recorded_on(life: Life) -> None:
    def change(packets: Packets) -> Packets:
        for n, packet in enumerate(packets):
            packet.is_keyframe = n == 0
            yield packet

    life.run(70, change)
    assert causes(life.items) == []
    assert [s.wall_ms for s in life.segments] == [pytest.approx(70_000, abs=500)]


def test_times_that_jump_or_are_missing_lose_no_picture(life: Life) -> None:
    def change(packets: Packets) -> Packets:
        for n, packet in enumerate(packets):
            if 60 <= n < 120:
                packet.pts = packet.dts = (packet.pts or 0) - 1_200_000 * 3_600
            elif n % 50 == 7:
                packet.pts = packet.dts = None
            yield packet

    life.run(21, change)
    seen = [mark.frame for item in life.spool.sealed() for mark in marks(item.path)]
    assert seen == list(range(seen[0], seen[0] + len(seen)))
    assert len(seen) == pytest.approx(21 * FPS, abs=3)


def test_packets_that_probing_held_back_do_not_move_the_start(life: Life) -> None:
    """A burst of two seconds at once: the segment starts when its first picture was seen."""

    def change(packets: Packets) -> Packets:
        yield from list(itertools.islice(packets, 2 * FPS))
        yield from packets

    life.run(10, change)
    first = marks(life.spool.sealed()[0].path)[0]
    assert life.segments[0].start_ms == pytest.approx(first.utc_ms, abs=100)


def test_a_clock_set_ahead_is_a_gap_and_set_back_keeps_names_apart(life: Life) -> None:
    def change(packets: Packets) -> Packets:
        for n, packet in enumerate(packets):
            if n == 6 * FPS:
                life.clock.step(120_000)
            yield packet

    life.run(20, change)
    assert causes(life.items) == ["clock_jump"]
    gap = next(item for item in life.items if isinstance(item, Gap))
    assert gap.end_ms - gap.start_ms == 120_000
    life.clock.step(-120_000)
    life.run(20)
    names = [item.segment.id for item in life.spool.sealed()]
    assert len(names) == len(set(names)) >= 8


def test_another_size_begins_another_segment(life: Life) -> None:
    def change(packets: Packets) -> Packets:
        other = SceneCamera("gate", "?size=160x120", life.clock).open().packets()
        yield from itertools.islice(packets, 5 * FPS)
        for packet, shown in zip(packets, other, strict=False):
            new = av.Packet(bytes(shown))
            new.pts, new.dts, new.duration = packet.pts, packet.dts, packet.duration
            new.time_base, new.is_keyframe = Fraction(packet.time_base), shown.is_keyframe
            new.stream = packet.stream
            yield new

    life.run(20, change)
    assert all(len(marks(item.path)) > 0 for item in life.spool.sealed())
    assert set(causes(life.items)) <= {"waiting_keyframe"}


def test_a_full_disk_is_a_gap_and_recording_goes_on(
    life: Life, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin, left = life.spool.begin, [2]

    def full(camera: str, **facts: Any) -> Recording:
        recording = begin(camera, **facts)
        left[0] -= 1
        if left[0]:
            return recording
        write, count = recording.write, itertools.count()

        def fails(packet: av.Packet[Any]) -> None:
            if next(count) > 40:
                raise SpoolFull("the spool's disk is full", camera=camera)
            write(packet)

        recording.write = fails
        return recording

    monkeypatch.setattr(life.spool, "begin", full)
    life.run(40)
    assert "disk_full_dropped" in causes(life.items)
    assert life.segments[-1].end_ms >= life.clock.utc_ms() - 200


def test_a_disk_that_is_slow_to_seal_holds_no_packet_up(
    life: Life, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, answers, waited = Recording.store, threading.Event(), []

    def slow(recording: Recording, segment: Segment) -> None:
        waited.append(answers.wait(60))
        store(recording, segment)

    def change(packets: Packets) -> Packets:
        for n, packet in enumerate(packets):
            if n == 9 * FPS:
                assert not life.told  # the first segment ended four seconds ago
                answers.set()
            yield packet

    monkeypatch.setattr(Recording, "store", slow)
    life.run(21, change)
    assert all(waited)
    assert causes(life.items) == []
    assert life.items == life.told


def test_back_off_doubles_up_to_half_a_minute() -> None:
    waits = list(itertools.islice(back_off(), 9))
    for wait, most in zip(waits, [1, 2, 4, 8, 16, 30, 30, 30, 30], strict=True):
        assert 0.8 * most <= wait <= most


def test_parameter_sets_are_found_in_either_codec() -> None:
    sps, pps, idr = b"\x67abc", b"\x68d", b"\x65picture"
    assert sequence_sets(b"\0\0\0\1" + b"\0\0\0\1".join([sps, pps, idr]), "h264") == {sps}
    assert sequence_sets(b"\0\0\1" + b"\0\0\1".join([b"\x42\1sps", b"\x26\1idr"]), "hevc") == {
        b"\x42\1sps"
    }
    assert sequence_sets(b"\0\0\2\x67length-prefixed", "h264") == frozenset()
