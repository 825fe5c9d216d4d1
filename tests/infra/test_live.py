"""What the configuration says now, in a recorder that nothing of it may end."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.errors import BadSettings, SpoolFull
from edge.segment import Cause, Gap
from edge.spool import Spool
from flows.config_file import whole as config
from infra.live import AGAIN_MS, Live
from tests.edge.fake_clock import FakeClock


class Disk(Spool):
    """A spool whose disk is full for a while."""

    full = False

    def gap(self, gap: Gap, monotonic_ms: int | None = None) -> None:
        if self.full:
            raise SpoolFull("the spool's disk is full", camera=gap.camera)
        super().gap(gap, monotonic_ms)


def test_a_full_disk_ends_no_recorder_and_what_is_disabled_is_written_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "livecam.yaml"
    path.write_text("cameras: {gate: {source: 'scene:'}}")
    monkeypatch.setenv("LIVECAM_CONFIG", str(path))
    clock = FakeClock()
    spool = Disk(tmp_path / "spool", "local", clock)
    now = clock.utc_ms()
    spool.gap(Gap(camera="shed", node="local", start_ms=now - 1, end_ms=now, cause=Cause.NODE_DOWN))
    clock.advance(5_000)
    spool.full = True
    live = Live(config.load(), "local", spool, clock)
    assert "not written down yet" in caplog.text
    spool.full = False
    assert live.changes() is None
    assert len(spool.gaps()) == 1
    clock.advance(AGAIN_MS)
    assert live.changes() is None
    (_, disabled) = spool.gaps()
    assert (disabled.gap.camera, disabled.gap.cause) == ("shed", Cause.DISABLED)
    assert (disabled.gap.start_ms, disabled.gap.end_ms) == (now, now + 5_000 + AGAIN_MS)


@pytest.mark.parametrize(
    ("document", "where"),
    [
        ({"cameras": {"gate": {"source": "scene:", "record": 5}}}, r"cameras\.gate\.record"),
        ({"cameras": {"gate": {"source": "scene:", "retain": "7d"}}}, r"cameras\.gate\.retain"),
        ({"cameras": {"gate": {"source": "scene:", "detect": ["a"]}}}, r"cameras\.gate\.detect"),
        ({"record": {"segment": float("inf")}}, r"record\.segment"),
        ({"record": {"memory": "64MB"}}, r"record\.memory.*128MB"),
        ({"record": {"memory": 400}}, r"record\.memory.*400MB"),
    ],
)
def test_what_cannot_be_meant_is_told_by_where_it_stands(
    document: dict[str, object], where: str
) -> None:
    with pytest.raises(BadSettings, match=where):
        config.load(document)
