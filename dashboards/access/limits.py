"""How often something may be tried: exact counts over sliding stretches, kept across restarts."""

from __future__ import annotations

import ipaddress
import sqlite3
from dataclasses import dataclass

from edge.clock import Clock
from flows.database import Database


@dataclass(frozen=True, slots=True)
class Bucket:
    """At most `most` tries within any `within_ms`."""

    name: str
    most: int
    within_ms: int


def of_address(address: str) -> Bucket:
    """Log-ins from one address: 10 a minute. Of IPv6, what one household is given counts as one."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return Bucket("address ?", 10, 60_000)
    if ip.version == 6 and ip.ipv4_mapped is None:
        address = str(ipaddress.ip_network((ip, 64), strict=False))
    return Bucket(f"address {address}", 10, 60_000)


def of_account(name: str) -> Bucket:
    """Log-ins to one account, or a name that none has: 10 in 15 minutes."""
    return Bucket(f"account {name}", 10, 15 * 60_000)


def of_device(hash: str) -> Bucket:  # noqa: A002
    """Log-ins from a browser that is known to the account: 10 in 15 minutes of its own."""
    return Bucket(f"device {hash}", 10, 15 * 60_000)


class Limits:
    """Threads and processes may share them."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock

    def take(self, *wanted: Bucket) -> int:
        """0 where each bucket had room, and one place of each is taken; else ms until they have.

        What is refused takes no place, so that a flood ends a quarter of an hour after it ends.
        """
        now_ms = self._clock.utc_ms()
        with self._database.writing() as kept:
            waits = [_wait_ms(kept, bucket, now_ms) for bucket in wanted]
            if any(waits):
                return max(waits)
            for bucket in wanted:
                kept.execute(
                    "DELETE FROM tries WHERE bucket = ? AND at_ms <= ?",
                    (bucket.name, now_ms - bucket.within_ms),
                )
                kept.execute("INSERT INTO tries VALUES (?, ?)", (bucket.name, now_ms))
            # Buckets that nobody asks for again.
            longest_ms = max(bucket.within_ms for bucket in wanted)
            kept.execute("DELETE FROM tries WHERE at_ms <= ?", (now_ms - 4 * longest_ms,))
        return 0


def _wait_ms(kept: sqlite3.Connection, bucket: Bucket, now_ms: int) -> int:
    row = kept.execute(
        "SELECT at_ms FROM tries WHERE bucket = ? AND at_ms > ? AND at_ms <= ?"
        " ORDER BY at_ms DESC LIMIT 1 OFFSET ?",
        # A time ahead was written before the clock was set back.
        (bucket.name, now_ms - bucket.within_ms, now_ms + bucket.within_ms, bucket.most - 1),
    ).fetchone()
    return 0 if row is None else max(int(row["at_ms"]) + bucket.within_ms - now_ms, 1)
