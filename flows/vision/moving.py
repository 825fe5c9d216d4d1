"""When something moves in a file, where nobody asks what it is: hardly anything is decoded."""

from __future__ import annotations

from collections.abc import Iterator

from flows.media.footage import Footage
from flows.vision.look import Look, Motion
from flows.vision.motion import WHOLE
from flows.vision.survey import SHORT_MS, Light, Survey, light, relit, runs

# Light that changes before somebody comes, or after he went, is told as his, so far at most.
_LEAD_MS = 2_000


class Moving:
    """Motion by keyframes; only where it begins and ends are the pictures between them looked at.

    `whole`: all of the picture is looked at, so that light which goes before somebody is his.
    """

    def __init__(self, film: Footage, survey: Survey, look: Look, *, whole: bool) -> None:
        self._film, self._survey, self._look, self._whole = film, survey, look, whole

    def run(self) -> Iterator[int]:
        """Looks through the file; answers, again and again, up to which of its ms."""
        spans: list[tuple[int, int]] = []
        for first, last in runs(self._survey.question):
            earlier, later = self._led(first, last) if self._whole else (first, last)
            spans += [*self._span(earlier, first), *self._span(last, later)]
            for number in range(first, last + 1):
                # Where light goes on before, nobody asks when in this GOP motion began.
                begins, ends = number == first == earlier, number == last == later
                spans += self._gop(number, begins=begins, ends=ends)
                yield self._film.gops[number].end_ms
        told = self._look.pieces.closed()
        lights = [Motion(*span, 0.0, WHOLE) for span in spans if _beside(span, told)]
        self._look.pieces.done += lights

    def _gop(self, number: int, *, begins: bool, ends: bool) -> list[tuple[int, int]]:
        """One GOP of a run; the spans of light in it before motion begins, or after it ends."""
        gop, change = self._film.gops[number], self._survey.changes.get(number)
        short = gop.end_ms - gop.start_ms <= SHORT_MS
        if short and change and change.boxes and not (begins or ends):
            self._look.pieces.add(change)
            return []
        lights: list[tuple[int, Light]] = []
        self._look.begin()
        for picture in self._film.pictures(gop, gop):
            self._look.at(picture)
            if self._whole and short and (begins or ends):
                lights.append((picture.at_ms, light(self._look.grey(picture))))
        before = [(at, gop.end_ms) for at, now in lights if begins and relit(lights[0][1], now)]
        after = [(gop.start_ms, at) for at, now in lights if ends and relit(now, lights[-1][1])]
        return before[:1] + after[-1:]

    def _led(self, first: int, last: int) -> tuple[int, int]:
        """A run with the GOPs before and after in which the light changes."""
        lit = self._survey.lit
        earlier, later = first, last
        while earlier > 0 and self._near(earlier - 1, first) and lit(earlier - 1):
            earlier -= 1
        while later + 2 < len(self._film.gops) and self._near(last, later + 1) and lit(later + 1):
            later += 1
        return earlier, later

    def _span(self, first: int, last: int) -> list[tuple[int, int]]:
        gops = self._film.gops
        return [(gops[first].start_ms, gops[last].end_ms)] if first < last else []

    def _near(self, first: int, last: int) -> bool:
        gops = self._film.gops
        beside = gops[last].start_ms - gops[first].start_ms, gops[last].end_ms - gops[first].end_ms
        return max(beside) <= _LEAD_MS


def _beside(span: tuple[int, int], told: list[Motion]) -> bool:
    """Whether something moves within _LEAD_MS of it; else it was a lamp, or the evening."""
    start, end = span[0] - _LEAD_MS, span[1] + _LEAD_MS
    return any(one.start_ms <= end and one.end_ms >= start for one in told)
