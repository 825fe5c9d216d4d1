"""Whether anything keeps this machine's clock right: footage is named by it."""

from __future__ import annotations

from edge.clocks import ntp
from edge.clocks.ntp import ClockState
from infra.checks import Check, ok, warn

_FAR_MS = 1_000.0  # as much as a recorder lets pass before it counts as a step


def clock(state: ClockState | None) -> Check:
    """What its NTP service tells."""
    told = ntp.words(state)
    if state is None:
        return ok("clock", "this machine does not tell whether its clock is kept right")
    if not state.synchronised:
        way_out = "Run chrony or systemd-timesyncd; until then footage is marked as unsynchronised"
        return warn("clock", told, way_out)
    if abs(state.offset_ms or 0) > _FAR_MS:
        return warn(
            "clock", told, "Wait until NTP has corrected it, or see what keeps it from that"
        )
    return ok("clock", told)
