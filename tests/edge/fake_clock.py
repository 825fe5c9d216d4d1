"""A clock that the test owns: sleeping moves it on."""

from __future__ import annotations


class FakeClock:
    """UTC and monotonic time advance together; `step` moves UTC alone, as NTP would."""

    def __init__(self, utc_ms: int = 1_790_000_000_000, monotonic_ms: int = 5_000_000) -> None:
        self._utc_ms, self._monotonic_ms = utc_ms, monotonic_ms
        self.boot = "boot-1"

    def utc_ms(self) -> int:
        return self._utc_ms

    def monotonic_ms(self) -> int:
        return self._monotonic_ms

    def boot_id(self) -> str:
        return self.boot

    def sleep(self, seconds: float) -> None:
        self.advance(round(seconds * 1000))

    def advance(self, ms: int) -> None:
        self._utc_ms += ms
        self._monotonic_ms += ms

    def step(self, ms: int) -> None:
        self._utc_ms += ms

    def reboot(self) -> None:
        """Another boot, whose monotonic time begins anew."""
        self.boot += "+"
        self._monotonic_ms = 20_000


class VouchedClock(FakeClock):
    """One that NTP stands for when the test says so."""

    vouched = False

    def synchronised(self) -> bool:
        return self.vouched
