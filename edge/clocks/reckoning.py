"""What is made of a clock that was set, or is known better now: `Change`s of a camera's account.

A boot's names stand on one reading of UTC. A better reading, or one as good that is behind them,
takes its place for all of the boot: what was named is corrected, and so are earlier boots that
would overlap, as far as no more is known of them. One as good that is ahead leaves a gap, and a
worse one changes nothing. Each of them shows as a `clock_jump`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

from edge.clocks.boots import SET_MS, Boot, Notes, Quality
from edge.clocks.correction import Correction
from edge.segment import Cause, Gap

STEP_MS = 1_000  # a difference between UTC and monotonic time that is worth a clock_jump
# A new boot's clock so far behind the account was kept over the shutdown, and not set since.
_KEPT_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Change:
    """What a look at the clock came to; taken over once all of it is durable.

    `corrections` and `aside` (gaps of earlier) come first, then `gap`, which begins at the new
    cursor, and the notes; of a boot that `opens`, the notes before `gap`. `idle`: a recorder ran
    in this boot before, and time has passed since the end of `gap`.
    """

    notes: Notes
    cursor_ms: int
    moved_ms: int = 0
    corrections: tuple[Correction, ...] = ()
    aside: tuple[Gap, ...] = ()
    gap: Gap | None = None
    opens: bool = False
    idle: bool = False


@dataclass(frozen=True, slots=True)
class Reckoning:
    """Decides for one camera. Pure: nothing is read or written here."""

    camera: str
    node: str

    def begin(self, fresh: Notes) -> Change:
        """The first recorder of a boot, after those in `fresh.before`."""
        last = fresh.before[-1]
        behind_ms = last.end_utc_ms - fresh.zero_ms - fresh.began_ms
        if behind_ms <= 0:
            return self.open(fresh)
        kept = fresh.quality < Quality.SYNCHRONISED and behind_ms <= _KEPT_MS
        if fresh.quality < last.quality or (fresh.quality == last.quality and kept):
            joined = fresh.model_copy(update={"zero_ms": fresh.zero_ms + behind_ms, "joined": True})
            told = f"began {behind_ms} ms before the last boot's end, and names go on from there"
            return replace(self.mark(joined, joined.began_ms, told), opens=True)
        change = self.move(fresh, fresh.zero_ms, fresh.began_ms, f"was set back by {behind_ms} ms")
        notes = change.notes.model_copy(update={"joined": True})
        return replace(change, notes=notes, corrections=change.corrections[1:], opens=True)

    def open(self, notes: Notes) -> Change:
        """A boot that began after the one before it ended."""
        before, corrections = self._caught_up(notes)
        cursor_ms, start_ms = before[-1].end_utc_ms, notes.zero_ms + notes.began_ms
        told = {"before": before, "number": notes.number + len(corrections)}
        notes = notes.model_copy(update={**told, "joined": cursor_ms >= start_ms})
        gap = None if notes.joined else self._down(before[-1], _as_boot(notes, notes.began_ms))
        return Change(notes, cursor_ms, corrections=corrections, gap=gap, opens=True)

    def _caught_up(self, notes: Notes) -> tuple[tuple[Boot, ...], tuple[Correction, ...]]:
        """Boots in which the clock was never set ended just before this one, as far as is known."""
        by_ms = notes.zero_ms + notes.began_ms - notes.before[-1].end_utc_ms
        if notes.quality is Quality.UNSET:
            return notes.before, ()
        before = tuple(_later(b, by_ms) if b.end_utc_ms < SET_MS else b for b in notes.before)
        moved = [now for had, now in zip(notes.before, before, strict=True) if had != now]
        return before, tuple(self._corrected(notes, moved))

    def look(self, notes: Notes, raw_ms: int, quality: Quality, at_ms: int) -> Change | None:
        """The machine's clock has its zero there now; the account stands at `at_ms` (monotonic)."""
        by_ms, ahead_ms = raw_ms - notes.raw_ms, raw_ms - notes.zero_ms
        had, notes = notes, notes.model_copy(update={"raw_ms": raw_ms})
        told = f"was set {'ahead' if by_ms > 0 else 'back'} by {abs(by_ms)} ms"
        if quality > had.quality:
            notes = notes.model_copy(update={"quality": quality})
            near = abs(ahead_ms) <= STEP_MS
            return self.move(notes, had.zero_ms if near else raw_ms, at_ms, "" if near else told)
        if abs(by_ms) <= STEP_MS:
            return None
        if quality < had.quality:
            return self.mark(notes, at_ms, f"{told}, and names go on by the better clock")
        if ahead_ms > STEP_MS and had.corrected_ms != at_ms:
            return self._jump(notes, raw_ms, at_ms)
        if ahead_ms > STEP_MS or (ahead_ms < -STEP_MS and by_ms < 0):
            return self.move(notes, raw_ms, at_ms, told)
        return self.mark(notes, at_ms, told)

    def _jump(self, notes: Notes, zero_ms: int, at_ms: int) -> Change:
        """A clock as good says that it is later: nobody knows since when."""
        start_ms, moved_ms = notes.zero_ms + at_ms, zero_ms - notes.zero_ms
        notes = notes.model_copy(update={"zero_ms": zero_ms})
        told = f"the clock was set ahead by {moved_ms} ms"
        gap = self._gap(notes, start_ms, start_ms + moved_ms, at_ms, told)
        return Change(notes, start_ms, moved_ms, gap=gap)

    def mark(self, notes: Notes, at_ms: int, told: str) -> Change:
        """Show that the clock was set, where that takes no time from the account."""
        cursor_ms = notes.zero_ms + at_ms
        gap = self._gap(notes, cursor_ms, cursor_ms, at_ms, f"the clock {told}")
        return Change(notes, cursor_ms, gap=gap)

    def move(self, notes: Notes, zero_ms: int, at_ms: int, told: str) -> Change:
        """Name by another zero from here on, and correct what this boot named; "" told: the same.

        Not so far back that it would begin in a boot of which more is known, or before 1970.
        """
        floor_ms = notes.floor_ms(notes.quality)
        zero_ms = max(zero_ms, floor_ms - notes.began_ms)
        before = _pushed_back(notes.before, zero_ms + notes.began_ms)
        moved = [now for had, now in zip(notes.before, before, strict=True) if had != now]
        moved_ms = zero_ms - notes.zero_ms
        notes = notes.model_copy(
            update={"zero_ms": zero_ms, "before": before, "corrected_ms": at_ms}
        )
        own = _as_boot(notes, at_ms)
        corrections = tuple(self._corrected(notes, [own, *moved]))
        notes = notes.model_copy(update={"number": notes.number + len(corrections)})
        pairs = pairwise((*before, own))
        aside = tuple(self._down(*pair) for pair in pairs if _parted(*pair))
        change = self.mark(notes, at_ms, told)
        gap = change.gap if told else None
        return replace(change, moved_ms=moved_ms, corrections=corrections, aside=aside, gap=gap)

    def _corrected(self, notes: Notes, boots: list[Boot]) -> Iterator[Correction]:
        for number, boot in enumerate((b for b in boots if b.boot_id), notes.number + 1):
            yield Correction(
                camera=self.camera,
                node=self.node,
                boot_id=boot.boot_id,
                since_ms=boot.began_ms,
                until_ms=boot.ended_ms,
                zero_ms=boot.zero_ms,
                number=number,
                at_ms=max(notes.zero_ms + (notes.corrected_ms or notes.began_ms), 0),
                synchronised=boot.quality is Quality.SYNCHRONISED,
            )

    def _down(self, last: Boot, boot: Boot) -> Gap:
        """From the end of a boot to the beginning of the next."""
        return Gap(
            camera=self.camera,
            node=self.node,
            start_ms=last.end_utc_ms,
            end_ms=boot.start_utc_ms,
            cause=Cause.NODE_DOWN,
            boot_id=boot.boot_id,
            monotonic_ms=boot.began_ms,
            from_boot_id=last.boot_id,
            from_monotonic_ms=last.ended_ms,
        )

    def _gap(self, notes: Notes, start_ms: int, end_ms: int, at_ms: int, detail: str) -> Gap:
        return Gap(
            camera=self.camera,
            node=self.node,
            start_ms=start_ms,
            end_ms=end_ms,
            cause=Cause.CLOCK_JUMP,
            detail=detail,
            boot_id=notes.boot_id,
            monotonic_ms=at_ms,
        )


def _as_boot(notes: Notes, until_ms: int) -> Boot:
    """This boot so far."""
    return notes.ended(until_ms)[-1]


def _parted(last: Boot, boot: Boot) -> bool:
    """Whether there is time between two boots now of which no gap tells."""
    return boot.joined and last.end_utc_ms < boot.start_utc_ms


def _later(boot: Boot, by_ms: int) -> Boot:
    return boot.model_copy(update={"zero_ms": boot.zero_ms + by_ms})


def _pushed_back(before: tuple[Boot, ...], start_ms: int) -> tuple[Boot, ...]:
    """The boots, each moved back to end when the next one begins at the latest."""
    found: list[Boot] = []
    for boot in reversed(before):
        found.append(_later(boot, min(0, start_ms - boot.end_utc_ms)))
        start_ms = found[-1].start_utc_ms
    return tuple(reversed(found))
