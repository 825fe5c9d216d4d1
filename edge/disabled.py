"""Cameras that a node recorded once and was told to record no more."""

from __future__ import annotations

import logging
from collections.abc import Collection

from edge.account import Account
from edge.clock import Clock
from edge.clocks.boots import ClockFolder
from edge.errors import Permanent
from edge.segment import Cause, Gap
from edge.spool import Spool

log = logging.getLogger(__name__)

_WAIT_SECONDS = 5.0  # a process whose supervisor was killed just now seals and ends


def account_for(spool: Spool, clock: Clock, enabled: Collection[str]) -> list[Gap]:
    """Write a `disabled` gap until now for every accounted camera that is not `enabled`."""
    files = sorted((spool.root / "account").glob("*.json"))
    found = (_gap(spool, clock, file.stem) for file in files if file.stem not in enabled)
    return [gap for gap in found if gap is not None]


def _gap(spool: Spool, clock: Clock, camera: str) -> Gap | None:
    try:
        with spool.lock(camera, wait_seconds=_WAIT_SECONDS):
            return _write(spool, clock, camera)
    except Permanent:
        # Still recorded by a process of before: the next start finds its account, and more to add.
        log.warning("%s: is recorded no more, but a process that records it still runs", camera)
        return None


def _write(spool: Spool, clock: Clock, camera: str) -> Gap | None:
    spool.recover(camera)
    end = spool.account_end(camera)
    if end is None:
        return None
    account = Account(camera, spool.node, clock)
    account.follow(account.resume(end, ClockFolder(spool.root).notes(camera)))
    gap = account.gap(account.now(), Cause.DISABLED)
    if gap is not None:
        if end.boot_id != gap.boot_id:
            since = {"from_boot_id": end.boot_id, "from_monotonic_ms": end.monotonic_ms}
            gap = gap.model_copy(update=since)
        spool.gap(gap, gap.monotonic_ms)
    return gap
