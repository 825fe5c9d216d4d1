"""Whether dropping makes room, or feeds something else that fills the disk."""

from __future__ import annotations

import os
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from edge.durable import write_all

_MINUTE_MS = 60_000
_LONGEST_MINUTES = 60
_FILE_BYTES = 256
_NOISE_BYTES = 64 << 10  # sidecars and gaps, which are not weighed


class Mark(BaseModel):
    """What the last drop was for. `ours_bytes` is what was free and what the spool held then.

    That sum changes by what others write, not by what is recorded, dropped or uploaded: where it
    shrank by half of what was dropped, the drop was in vain.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    ours_bytes: int = 0
    dropped_bytes: int = 0
    times: int = 0  # in vain, one after another
    until_ms: int = 0  # nothing is dropped before; monotonic

    def seen(self, ours_bytes: int, now_ms: int) -> Mark:
        """The mark after a look at what became of the last drop.

        The first time in vain may be the last bytes of a large file: only from the second on is
        there a wait, a minute and then ever twice as long.
        """
        eaten = self.ours_bytes - ours_bytes
        if not self.dropped_bytes:
            return self
        if (eaten - _NOISE_BYTES) * 2 < self.dropped_bytes:
            return Mark(ours_bytes=ours_bytes)
        times = self.times + 1
        minutes = 0 if times == 1 else min(2 ** (times - 2), _LONGEST_MINUTES)
        return Mark(ours_bytes=ours_bytes, times=times, until_ms=now_ms + minutes * _MINUTE_MS)

    def waits(self, now_ms: int) -> bool:
        """Whether it is too early to try again; a mark of an earlier boot holds nobody up."""
        return now_ms < self.until_ms <= now_ms + _LONGEST_MINUTES * _MINUTE_MS

    def dropped(self, ours_bytes: int, dropped_bytes: int) -> Mark:
        """The mark after a drop."""
        return self.model_copy(update={"ours_bytes": ours_bytes, "dropped_bytes": dropped_bytes})


def read(path: Path) -> Mark:
    """As it was written; a fresh one where there is none."""
    try:
        return Mark.model_validate_json(path.read_bytes())
    except (OSError, ValidationError):
        return Mark()


def write(path: Path, mark: Mark) -> None:
    """In place, at one length: on a full disk there is no room for another file.

    Not synced: after a power cut one drop more is risked.
    """
    handle = os.open(path, os.O_WRONLY | os.O_CREAT, 0o644)
    try:
        write_all(handle, mark.model_dump_json().encode().ljust(_FILE_BYTES))
    finally:
        os.close(handle)
