"""Packets come out of the writer's file as they went in, whole, in time and indexed."""

from __future__ import annotations

import hashlib
import re
import resource
import signal
import zlib
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import pytest

from edge.errors import BadMedia, SpoolFull
from edge.part import PartHeader, index_path, read_index
from edge.writer import SegmentWriter, Written
from tests.edge import footage
from tests.edge.fake_clock import FakeClock
from tests.edge.footage import Clip

HEADER = PartHeader(
    camera="yard", node="local", start_ms=0, monotonic_ms=0, boot_id="boot", source="clip"
)
SHAPES = {
    "plain": Clip(),
    "b-frames": Clip(b_frames=2, gop=30),
    "all keyframes": Clip(gop=1),
    "gop of 8 s": Clip(seconds=9, gop=120),
    "gop of no whole second": Clip(gop=19),
    "hevc": Clip(codec="libx265", b_frames=2),
    "with sound": Clip(audio="aac", b_frames=2),
}


def written(source: Path, target: Path) -> Written:
    """The whole of a file through a writer."""
    with av.open(str(source)) as file:
        video, audio = file.streams.video[0], next(iter(file.streams.audio), None)
        writer = SegmentWriter(target, HEADER, video, audio)
        for packet in file.demux(*[s for s in (video, audio) if s is not None]):
            if packet.size:
                writer.write(packet)
        return writer.finish()


@pytest.fixture(params=SHAPES)
def clip(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return SHAPES[request.param].write(tmp_path / "source.mp4")


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "yard_recorded_0.part"


def test_every_packet_is_kept_byte_for_byte(clip: Path, target: Path) -> None:
    facts = written(clip, target)
    assert footage.payloads(target) == footage.payloads(clip)
    assert footage.presentation(target) == pytest.approx(footage.presentation(clip), abs=0.001)
    assert footage.decoded(target) == footage.decoded(clip)
    assert (facts.width, facts.height) == footage.SIZE
    assert facts.fps == 15


def test_the_index_and_the_digest_are_the_files(clip: Path, target: Path) -> None:
    facts = written(clip, target)
    data = target.read_bytes()
    assert facts.sha256 == hashlib.sha256(data).hexdigest()
    assert facts.size_bytes == len(data)
    at = facts.init_bytes
    for fragment in facts.fragments:
        assert fragment.offset_bytes == at
        at += fragment.size_bytes
        assert zlib.crc32(data[fragment.offset_bytes : at]) == fragment.crc32
    assert at == len(data)
    header, units = read_index(index_path(target).read_bytes())
    assert header == HEADER
    assert [u.offset for u in units[1:]] == [f.offset_bytes for f in facts.fragments]


def test_fragments_are_a_second_at_most_and_begin_at_each_keyframe(
    clip: Path, target: Path, request: pytest.FixtureRequest
) -> None:
    facts = written(clip, target)
    starts = [f.pts / facts.time_scale for f in facts.fragments] + [facts.media_ms / 1000]
    assert starts[0] == 0
    assert max(b - a for a, b in pairwise(starts)) < 1.2
    keyframes = sum(1 for p in footage.packets(clip) if p.is_keyframe)
    begun = sum(1 for f in facts.fragments if f.keyframe)
    all_intra = keyframes == len(footage.packets(clip))
    assert begun == (4 if all_intra else keyframes)
    assert footage.kinds(target) == [b"ftyp", b"moov", *[b"moof", b"mdat"] * len(facts.fragments)]


@pytest.mark.parametrize("shape", ["gop of 8 s", "b-frames", "plain"])
@pytest.mark.parametrize("audio", [None, "aac"])
def test_what_has_arrived_is_in_the_file_within_two_seconds(
    shape: str, audio: str | None, tmp_path: Path, target: Path
) -> None:
    """E4; a track that is declared and never heard holds nothing back."""
    clip = SHAPES[shape].write(tmp_path / "v.mp4")
    mute = Clip(seconds=1, audio="aac").write(tmp_path / "a.mp4")
    with av.open(str(clip)) as file, av.open(str(mute)) as other:
        video = file.streams.video[0]
        sound = other.streams.audio[0] if audio else None
        writer = SegmentWriter(target, HEADER, video, sound)
        for packet in file.demux(video):
            if not packet.size or packet.pts is None:
                continue
            arrived = float(packet.pts * packet.time_base)
            writer.write(packet)
            _, units = read_index(index_path(target).read_bytes())
            assert arrived - _reached(target, units) <= 1.5
        writer.finish()
    assert footage.payloads(target) == footage.payloads(clip)


def _reached(path: Path, units: list[Any]) -> float:
    """Seconds of media in the file; 0 before its first fragment."""
    if len(units) < 2:
        return 0
    return max(footage.presentation(path)) + 1 / 15


@pytest.mark.parametrize(
    ("clip", "codecs"),
    [
        (Clip(seconds=1), r"avc1\.42c0[0-9a-f]{2}"),
        (Clip(seconds=1, audio="aac"), r"avc1\.42c0[0-9a-f]{2},mp4a\.40\.2"),
        (Clip(seconds=1, codec="libx265"), r"hvc1\.1\.6\.L\d+\.90"),
    ],
)
def test_codecs_are_named_as_browsers_want_them(
    clip: Clip, codecs: str, tmp_path: Path, target: Path
) -> None:
    facts = written(clip.write(tmp_path / "s.mp4"), target)
    assert re.fullmatch(codecs, facts.mime_codecs)
    with av.open(str(target)) as file:
        assert file.streams.video[0].codec_context.codec_tag in {"avc1", "hvc1"}


@pytest.mark.parametrize("codec", ["libx264", "libx265"])
def test_a_stream_with_start_codes_keeps_its_units(
    codec: str, tmp_path: Path, target: Path
) -> None:
    """As cameras send it, and as MPEG-TS has it: MP4 has lengths in their place.

    HEVC's parameter sets move to the init section: in a track tagged hvc1 they are only there.
    """
    clip = Clip(codec=codec, b_frames=2).write(tmp_path / "s.ts")
    facts = written(clip, target)
    kept = [footage.units_of(p) for p in footage.payloads(target)]
    sent = [footage.units_of(p) for p in footage.payloads(clip)]
    if codec == "libx265":
        sent = [[unit for unit in units if unit[0] >> 1 not in {32, 33, 34}] for units in sent]
    assert kept == sent
    assert facts.mime_codecs.startswith(("avc1.", "hvc1.1.6"))
    assert footage.decoded(target) == 60


def test_sound_that_an_mp4_cannot_carry_is_left_out(tmp_path: Path, target: Path) -> None:
    clip = Clip(audio="pcm_s16le").write(tmp_path / "s.mkv")
    facts = written(clip, target)
    assert facts.audio is None
    assert footage.payloads(target) == footage.payloads(clip)


def test_sound_is_carried_along(tmp_path: Path, target: Path) -> None:
    clip = Clip(audio="aac").write(tmp_path / "s.mp4")
    facts = written(clip, target)
    assert facts.audio == "aac"
    # Sound from before the first picture (the encoder's priming) has no place in the file.
    kept = footage.payloads(target, "audio")
    assert kept == footage.payloads(clip, "audio")[-len(kept) :]
    assert len(footage.payloads(clip, "audio")) - len(kept) <= 1


def _no_dts(_: int, packet: Any) -> None:
    packet.dts = None


def _no_times(_: int, packet: Any) -> None:
    packet.pts = packet.dts = None


def _no_duration(_: int, packet: Any) -> None:
    packet.duration = 0


def _dts_back(number: int, packet: Any) -> None:
    if number % 7 == 0:
        packet.dts = 0


def _clock_back(number: int, packet: Any) -> None:
    _shift(packet, -20 if number >= 30 else 0)


def _clock_ahead(number: int, packet: Any) -> None:
    _shift(packet, 3600 if number >= 30 else 0)


def _shift(packet: Any, seconds: int) -> None:
    ticks = round(seconds / packet.time_base)
    packet.pts, packet.dts = packet.pts + ticks, packet.dts + ticks


@pytest.mark.parametrize(
    "spoil", [_no_dts, _no_times, _no_duration, _dts_back, _clock_back, _clock_ahead]
)
@pytest.mark.parametrize("b_frames", [0, 2])
def test_broken_timestamps_lose_no_packet(
    spoil: Callable[[int, Any], None], b_frames: int, tmp_path: Path, target: Path
) -> None:
    clip = Clip(b_frames=b_frames).write(tmp_path / "s.mp4")
    clock = FakeClock()
    with av.open(str(clip)) as file:
        video = file.streams.video[0]
        writer = SegmentWriter(target, HEADER, video, monotonic_ms=clock.monotonic_ms)
        for number, packet in enumerate(p for p in file.demux(video) if p.size):
            clock.advance(67)
            spoil(number, packet)
            writer.write(packet)
        facts = writer.finish()
    assert footage.payloads(target) == footage.payloads(clip)
    assert facts.media_ms == pytest.approx(4000, abs=500)
    assert footage.decoded(target) == 60


def test_the_same_packets_give_the_same_bytes(tmp_path: Path, target: Path) -> None:
    clip = Clip(audio="aac").write(tmp_path / "s.mp4")
    one = written(clip, target)
    assert one == written(clip, tmp_path / "other.part")


@pytest.fixture
def small_disk() -> Iterator[int]:
    """A limit on a file's size: the system refuses to write on, as a full disk would."""
    limit = 30_000
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
    yield limit
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    signal.signal(signal.SIGXFSZ, before)


def test_a_full_disk_keeps_what_was_written(tmp_path: Path, target: Path, small_disk: int) -> None:
    source = tmp_path / "s.mp4"
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
    clip = Clip(seconds=30).write(source)
    resource.setrlimit(resource.RLIMIT_FSIZE, (small_disk, resource.RLIM_INFINITY))
    with av.open(str(clip)) as file:
        video = file.streams.video[0]
        writer = SegmentWriter(target, HEADER, video)
        with pytest.raises(SpoolFull, match="yard"):
            _write_all(writer, file.demux(video))
        facts = writer.finish()
    assert target.stat().st_size == facts.size_bytes <= small_disk
    kept = footage.payloads(target)
    assert kept == footage.payloads(clip)[: len(kept)]
    assert hashlib.sha256(target.read_bytes()).hexdigest() == facts.sha256


def _write_all(writer: SegmentWriter, packets: Iterator[Any]) -> None:
    for packet in packets:
        writer.write(packet)


def test_a_writer_without_packets_has_nothing_to_finish(tmp_path: Path, target: Path) -> None:
    with av.open(str(Clip(seconds=1).write(tmp_path / "s.mp4"))) as file:
        writer = SegmentWriter(target, HEADER, file.streams.video[0])
        with pytest.raises(BadMedia):
            writer.finish()


def test_parameter_sets_that_change_want_a_new_file(tmp_path: Path, target: Path) -> None:
    before = Clip(seconds=1).write(tmp_path / "a.ts")
    after = Clip(seconds=1, size=(128, 96)).write(tmp_path / "b.ts")
    with av.open(str(before)) as file, av.open(str(after)) as other:
        writer = SegmentWriter(target, HEADER, file.streams.video[0])
        packets = [p for p in file.demux(video=0) if p.size]
        for packet in packets:
            assert writer.fits(packet)
            writer.write(packet)
        changed = next(p for p in other.demux(video=0) if p.size)
        assert not writer.fits(changed)
        writer.finish()
        # The template is still the old one: the new file goes by what its keyframe brings.
        second = SegmentWriter(tmp_path / "new.part", HEADER, file.streams.video[0])
        second.write(changed)
        second.finish()
    with av.open(str(tmp_path / "new.part")) as read:
        frame = next(read.decode(video=0))
        assert (frame.width, frame.height) == (128, 96)
