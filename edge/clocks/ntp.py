"""What the kernel knows of how right this machine's clock is: what its NTP service tells it.

chrony, ntpd and systemd-timesyncd all leave it there, so none of them is asked (adjtimex(2)).
"""

from __future__ import annotations

import ctypes
import sys
from typing import Annotated, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

_UNSYNCHRONISED, _NANOSECONDS = 0x0040, 0x2000  # of `status`
_ERROR = 5  # adjtimex(2) answers so where nothing keeps the clock right

Milliseconds = Annotated[float, Field(ge=-(2**53), lt=2**53)]


class ClockState(BaseModel):
    """One reading. Of a clock that nothing keeps right neither offset nor error is known.

    `offset_ms` is what is still to be corrected, positive where the clock is behind; `error_ms`
    the most that it may be wrong by.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    synchronised: bool
    offset_ms: Milliseconds | None = None
    error_ms: Milliseconds | None = None


class Kernel(NamedTuple):
    """What adjtimex(2) answers, and of its struct what is looked at."""

    answer: int
    offset: int
    most_us: int
    status: int


class _Timex(ctypes.Structure):
    # The kernel writes 208 bytes on 64-bit machines; the rest of what is asked for stays unread.
    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_byte * 512),
    )


def read() -> ClockState | None:
    """The clock of this machine now; None where its kernel does not tell."""
    if not sys.platform.startswith("linux"):
        return None
    told = _Timex()
    try:
        answer = ctypes.CDLL(None).adjtimex(ctypes.byref(told))
    except (OSError, AttributeError):
        return None
    if answer < 0:  # forbidden, as some containers have it
        return None
    return of(Kernel(answer, told.offset, told.maxerror, told.status))


def of(kernel: Kernel) -> ClockState:
    """What the kernel's figures say."""
    if kernel.answer == _ERROR or kernel.status & _UNSYNCHRONISED:
        return ClockState(synchronised=False)
    ticks_a_ms = 1e6 if kernel.status & _NANOSECONDS else 1e3
    return ClockState(
        synchronised=True,
        offset_ms=round(kernel.offset / ticks_a_ms, 3),
        error_ms=round(kernel.most_us / 1e3, 3),
    )


def words(state: ClockState | None) -> str:
    """For people: how far off the clock may be."""
    if state is None:
        return "does not tell"
    if not state.synchronised:
        return "not synchronised"
    return f"{state.offset_ms:+.1f} ms, at most {state.error_ms:.0f} ms off"
