"""How much more this node's spool takes, and whether its policy can keep what it promises."""

from __future__ import annotations

from edge.clock import Clock
from edge.home import Home
from edge.quota import FIRST_RESERVE_BYTES, Policy, WhenFull
from edge.spool import Spool
from infra.checks import Check, ok, warn

NAME = "spool room"
_THEN = {
    WhenFull.LOWER: "cameras that are encoded here go down the ladder before, then the oldest goes",
    WhenFull.OLDEST: "then the oldest goes",
    WhenFull.STOP: "then recording stops",
}


def room(home: Home, clock: Clock) -> Check:
    """As the recorder keeps it; before its first start there is nothing to say."""
    if not home.spool.is_dir():
        return ok(NAME, "nothing was recorded here yet")
    spool = Spool(home.spool, "doctor", clock)
    policy, left_bytes = spool.policy, spool.left_bytes()
    told = f"{_size(left_bytes)} left; {_THEN[policy.when_full]}"
    if spool.in_vain:
        return warn(
            NAME,
            f"{told}. Something else takes the room that is made on its disk",
            "Free space on it, or move LIVECAM_HOME to a disk of its own",
        )
    if not left_bytes:
        return warn(
            NAME,
            told,
            "Is the upload worker running? More room is on a larger disk, or in spool.quota",
        )
    # A spool that only files were imported into was never given all of it.
    if spool.reserve_bytes < min(policy.reserve_bytes, FIRST_RESERVE_BYTES):
        lacks = f"{spool.reserve_bytes / 1e6:.1f} of {policy.reserve_bytes / 1e6:.1f} MB"
        return warn(NAME, f"{told}. Of the reserve for gaps there are {lacks}", "Free space")
    if _promised(policy) > 1:
        shares = f"the shares of its cameras are {_promised(policy):.0%} of it"
        return warn(
            NAME, f"{told}. {shares}", "Give them less in record.share, or one costs others"
        )
    return ok(NAME, told)


def _size(size_bytes: int) -> str:
    return f"{size_bytes / 1e9:.1f} GB" if size_bytes >= 1e9 else f"{size_bytes / 1e6:.0f} MB"


def _promised(policy: Policy) -> float:
    """What part of the quota is promised to cameras, by shares that are parts."""
    return sum(share.part for share in policy.shares.values() if share is not None)
