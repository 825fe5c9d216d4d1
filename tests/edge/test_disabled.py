"""Time in which a camera was told to rest, over boots and clocks that are set."""

from __future__ import annotations

from pathlib import Path

from edge.clocks.boots import ClockFolder
from edge.disabled import account_for
from edge.ledger import Ledger
from edge.segment import Cause
from edge.spool import Spool
from tests.edge.fake_clock import FakeClock


def test_a_rest_over_a_reboot_says_in_which_boots_it_began_and_ended(tmp_path: Path) -> None:
    clock = FakeClock()
    spool = Spool(tmp_path / "spool", "pi1", clock)
    ledger = Ledger("gate", spool, clock, lambda _: None)
    ledger.resume()
    clock.advance(5_000)
    ledger.gap(ledger.account.now(), Cause.CAMERA_UNREACHABLE)
    ledger.close()
    end, notes = spool.account_end("gate"), ClockFolder(spool.root).notes("gate")
    assert end is not None
    assert notes is not None
    clock.advance(60_000)
    clock.reboot()
    (gap,) = account_for(spool, clock, [])
    assert (gap.cause, gap.end_ms - gap.start_ms) == (Cause.DISABLED, 60_000)
    assert (gap.from_boot_id, gap.from_monotonic_ms) == (end.boot_id, end.monotonic_ms)
    assert (gap.boot_id, gap.monotonic_ms) == (clock.boot, 20_000)
    assert account_for(spool, clock, []) == []
    again = Ledger("gate", spool, clock, lambda _: None)
    clock.advance(1_000)
    again.resume()
    again.close()
    causes = [item.gap.cause for item in spool.gaps()]
    assert causes == [Cause.CAMERA_UNREACHABLE, Cause.DISABLED, Cause.RECORDER_DOWN]
