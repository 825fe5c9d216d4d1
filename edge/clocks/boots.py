"""What a camera's recorder keeps of this boot's clock and of the boots before: `Notes`.

    clock/<camera>.json             the notes
    clock/<correction>.told.json    corrections on their way to the store

A boot's names are `zero_ms` + monotonic time. Only more knowledge moves that zero, and what was
named by another is corrected.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from enum import IntEnum
from pathlib import Path
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict, ValidationError

from edge.clock import Clock, Vouched
from edge.clocks.correction import Correction
from edge.durable import disk_errors, write_file

SET_MS = 1_577_836_800_000  # 2020: a clock that is behind it was never set
_TOLD = ".told.json"
_MOST_BOOTS = 8  # that a clock which was set back can take along


class Quality(IntEnum):
    """How far a clock is to be believed."""

    UNSET = 0
    SET = 1  # by hand, from a chip, or from what it was at the last shutdown
    SYNCHRONISED = 2


def quality_of(clock: Clock) -> Quality:
    """How far this clock is to be believed now."""
    if isinstance(clock, Vouched) and clock.synchronised():
        return Quality.SYNCHRONISED
    return Quality.SET if clock.utc_ms() >= SET_MS else Quality.UNSET


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Boot(_Part):
    """A boot, from its first recorder to the end of its account, in monotonic time.

    `joined`: no gap tells how long nothing ran before it.
    """

    boot_id: str
    began_ms: int
    ended_ms: int
    zero_ms: int
    quality: Quality
    joined: bool = False

    @property
    def start_utc_ms(self) -> int:
        return self.zero_ms + self.began_ms

    @property
    def end_utc_ms(self) -> int:
        return self.zero_ms + self.ended_ms


class Notes(_Part):
    """This boot: its first recorder began at `began_ms` (monotonic), names stand on `zero_ms`.

    `raw_ms` is where the machine's own clock had its zero when it was looked at last.
    `quality` is of the reading that names stand on, `corrected_ms` until when (monotonic) they
    were corrected last. `joined`: names go on from the last boot's end, since this clock was
    behind it, so that no gap tells how long nothing ran.
    """

    boot_id: str
    began_ms: int
    zero_ms: int
    raw_ms: int
    quality: Quality
    corrected_ms: int | None = None
    number: int = 0
    joined: bool = False
    before: tuple[Boot, ...] = ()

    def ended(self, ended_ms: int) -> tuple[Boot, ...]:
        """This boot and those before it, as the next one sees them."""
        own = Boot(
            boot_id=self.boot_id,
            began_ms=min(self.began_ms, ended_ms),
            ended_ms=ended_ms,
            zero_ms=self.zero_ms,
            quality=self.quality,
            joined=self.joined,
        )
        return (*self.before, own)[-_MOST_BOOTS:]

    def floor_ms(self, quality: Quality) -> int:
        """What this boot cannot have begun before, in UTC, by a reading of that quality.

        Boots of which no more is known can be moved; they follow each other, and take their time.
        Nothing was before 1970.
        """
        length_ms = 0
        for boot in reversed(self.before):
            if boot.quality > quality:
                return boot.end_utc_ms + length_ms
            length_ms += boot.ended_ms - boot.began_ms
        return length_ms


class ToldCorrection(NamedTuple):
    """A durable correction and its file."""

    correction: Correction
    path: Path


class ClockFolder:
    """The notes and corrections of a spool's cameras."""

    def __init__(self, spool_root: Path) -> None:
        self._folder = spool_root / "clock"

    def notes(self, camera: str) -> Notes | None:
        """None before the first recording, and where they are of another version."""
        try:
            return Notes.model_validate_json((self._folder / f"{camera}.json").read_bytes())
        except (FileNotFoundError, ValidationError):
            return None

    def keep(self, camera: str, notes: Notes) -> None:
        """Durable on return. Raises SpoolFull."""
        self._write(camera, f"{camera}.json", notes)

    def tell(self, correction: Correction) -> None:
        """Durable on return, harmless to repeat. Raises SpoolFull."""
        self._write(correction.camera, f"{correction.id}{_TOLD}", correction)

    def _write(self, camera: str, name: str, told: BaseModel) -> None:
        with disk_errors(camera, self._folder):
            self._folder.mkdir(parents=True, exist_ok=True)
            write_file(self._folder / name, told.model_dump_json().encode())

    def corrections(self) -> list[ToldCorrection]:
        """Those that wait for their receipt, in order of name."""
        return list(self._told())

    def _told(self) -> Iterator[ToldCorrection]:
        for path in sorted(self._folder.glob(f"*{_TOLD}")):
            with suppress(FileNotFoundError, ValidationError):
                yield ToldCorrection(Correction.model_validate_json(path.read_bytes()), path)
