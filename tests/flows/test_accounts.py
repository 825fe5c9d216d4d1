"""Accounts of several cameras read in one pass."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.clock import from_iso
from edge.segment import Cause, Gap
from flows.catalogue.coverage import State
from flows.catalogue.fold import fold
from flows.stages import account
from flows.stages.account import account_of, accounts_of
from flows.stages.rebuild import rebuild
from tests.flows.archive import SEGMENT_MS, folder_site, miss, put

T0 = from_iso("2026-10-01T10:00:00Z")
HOUR = 3_600_000


def test_cameras_read_together_are_told_as_each_alone(livecam_home: Path) -> None:
    site = folder_site(livecam_home)
    put(site, "gate", T0)
    put(site, "yard", T0 + HOUR)
    miss(
        site,
        Gap(
            camera="yard",
            node="local",
            start_ms=T0 - 24 * HOUR,
            end_ms=T0 - 23 * HOUR,
            cause=Cause.DISABLED,
        ),
    )
    fold(site, everything=True)
    asked = (T0 - HOUR, T0 + 2 * HOUR)
    told = accounts_of(site, ["gate", "yard", "nobody"], *asked)
    assert [(one.start_ms, one.state) for one in told["gate"]] == [
        (T0 - HOUR, State.NOT_YET),
        (T0, State.RECORDED),
        (T0 + SEGMENT_MS, State.UNEXPLAINED),
    ]
    # Its account began a day before, with a gap.
    assert {one.state for one in told["yard"]} == {State.RECORDED, State.UNEXPLAINED}
    assert [one.state for one in told["nobody"]] == [State.NOT_YET]
    assert told == {camera: account_of(site, camera, *asked) for camera in told}


def test_an_account_read_before_sees_what_came_since(livecam_home: Path) -> None:
    site = folder_site(livecam_home)
    put(site, "gate", T0)
    fold(site, everything=True)
    accounts_of(site, ["gate"], T0, T0 + HOUR)
    put(site, "gate", T0 - 48 * HOUR)
    fold(site, everything=True)
    first, *_ = account_of(site, "gate", T0 - HOUR, T0 + HOUR)
    assert first.state is State.UNEXPLAINED


def test_a_long_time_is_read_in_pieces_that_make_one(
    livecam_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = folder_site(livecam_home)
    for number in range(4):
        put(site, "gate", T0 + number * SEGMENT_MS)
    fold(site, everything=True)
    asked = (T0 - HOUR, T0 + 2 * HOUR)
    whole = account_of(site, "gate", *asked)
    monkeypatch.setattr(account, "_PIECE_MS", SEGMENT_MS * 3 // 2)
    assert account_of(site, "gate", *asked) == whole
    assert (T0, T0 + 4 * SEGMENT_MS, State.RECORDED, "") in whole


def test_an_account_is_read_again_from_tables_that_were_made_anew(livecam_home: Path) -> None:
    site = folder_site(livecam_home)
    put(site, "gate", T0)
    fold(site, everything=True)
    before = account_of(site, "gate", T0, T0 + HOUR)
    rebuild(site)
    assert account_of(site, "gate", T0, T0 + HOUR) == before
