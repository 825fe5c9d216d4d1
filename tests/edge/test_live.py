"""livecam.yaml edited while a recorder runs: only what changed begins anew."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.watched import WatchedFile
from infra.faults import footage
from infra.waiting import wait_until
from tests.edge.recording import Record, assert_tiles, causes, packets
from tests.edge.test_supervisor import pid_of

SMALL = "scene:?size=320x176"
OTHER = "scene:?size=320x176&fps=10"


class Edited(Record):
    """A recorder whose configuration is edited."""

    def edit(self, cameras: dict[str, str]) -> None:
        entries = {name: {"source": source} for name, source in cameras.items()}
        self.config.write_text(json.dumps({"record": {"segment": "2s"}, "cameras": entries}))

    def says(self, words: str) -> int:
        return self.log.read_text().count(words)

    def wait_to_say(self, words: str) -> None:
        wait_until(lambda: self.says(words), what=f"{words}\n{self.log.read_text()}")


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """A camera that drops nothing where the machine is busy, which a drawn one does."""
    return footage.clip(tmp_path / "clip.mp4", seconds=20, fps=10, gop=10, size=(160, 128))


@pytest.fixture
def recorder(tmp_path: Path, clip: Path) -> Iterator[Edited]:
    stay = dict.fromkeys(("gate", "hall"), f"clip:{clip}")
    change = dict.fromkeys(("yard", "shed"), SMALL)
    recorder = Edited(tmp_path / "node", {**stay, **change})
    recorder.start()
    for camera in recorder.cameras:
        recorder.wait_for("segment", 1, camera=camera)
    yield recorder
    recorder.kill()


def unbroken(recorder: Record, camera: str, clip: Path) -> bool:
    """Whether what was recorded is the clip, played again and again, without a missing packet."""
    sent = [bytes(packet) for packet in packets(clip)]
    kept = [bytes(p) for item in recorder.segments(camera) for p in packets(item.path)]
    return any(
        all(packet == sent[(first + n) % len(sent)] for n, packet in enumerate(kept))
        for first in range(len(sent))
    )


def test_cameras_changed_added_and_removed_cost_the_others_no_picture(
    recorder: Edited, clip: Path
) -> None:
    before = {camera: pid_of(recorder, camera) for camera in recorder.cameras}
    recorder.edit({"gate": f"clip:{clip}", "hall": f"clip:{clip}", "yard": OTHER, "barn": SMALL})
    recorder.wait_for("segment", 2, camera="barn")
    wait_until(
        lambda: any(item.segment.fps == 10 for item in recorder.segments("yard")),
        what="the changed camera's segment",
    )
    assert {c: pid_of(recorder, c) for c in ("gate", "hall")} == {
        c: before[c] for c in ("gate", "hall")
    }
    assert recorder.stop() == 0
    for camera in ("gate", "hall"):
        assert unbroken(recorder, camera, clip)
        assert set(causes(recorder.account(camera))) <= {"waiting_keyframe"}
    assert causes(recorder.account("shed"))[-1] == "disabled"
    assert "disabled" not in causes(recorder.account("yard"))
    for camera in ("gate", "hall", "yard", "shed", "barn"):
        assert_tiles(recorder.account(camera))


@pytest.mark.full
def test_a_wrong_file_is_told_once_and_who_returns_was_disabled(tmp_path: Path) -> None:
    recorder = Edited(tmp_path / "node", {"gate": SMALL, "shed": SMALL})
    recorder.start()
    try:
        recorder.wait_for("segment", 1, camera="shed")
        gate = pid_of(recorder, "gate")
        recorder.config.write_text("cameras: {gate: {sorce: 'scene:'}}")
        recorder.wait_to_say("what was in force before stays")
        told = recorder.log.read_text()
        assert "'sorce' in cameras.gate" in told
        assert "Did you mean 'source'?" in told
        assert str(recorder.config) in told
        assert recorder.process is not None
        recorder.process.send_signal(signal.SIGHUP)
        recorder.edit({"gate": SMALL})
        recorder.wait_to_say("is sound again")
        recorder.wait_to_say("shed: is recorded no more")
        assert recorder.says("what was in force before stays") == 1
        had = len(recorder.segments("shed"))
        recorder.edit({"gate": SMALL, "shed": SMALL})
        recorder.process.send_signal(signal.SIGHUP)
        recorder.wait_for("segment", had + 1, camera="shed")
        assert pid_of(recorder, "gate") == gate
        assert recorder.stop() == 0
    finally:
        recorder.kill()
    assert "disabled" in causes(recorder.account("shed"))
    assert_tiles(recorder.account("shed"))


def test_a_file_counts_as_changed_once_it_rests(tmp_path: Path) -> None:
    path = tmp_path / "livecam.yaml"
    path.write_text("a")
    watched = WatchedFile(path)
    assert not watched.changed()
    path.write_text("ab")
    assert not watched.changed()
    path.write_text("abc")
    assert not watched.changed()
    assert watched.changed()
    assert not watched.changed()
    assert watched.changed(now=True)
    path.unlink()
    assert [watched.changed() for _ in range(3)] == [False, True, False]
