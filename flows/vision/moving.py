"""When something moves in a file, where nobody asks what it is: hardly anything is decoded."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from flows.media.footage import Footage
from flows.vision.look import Look, Motion
from flows.vision.motion import WHOLE
from flows.vision.survey import SHORT_MS, Survey

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
        for first, last in self._runs():
            known = self._look.pieces.count
            earlier, later = self._led(first, last) if self._whole else (first, last)
            for number in range(first, last + 1):
                # Where light goes on before, nobody asks when in this GOP motion began.
                edge = number == first == earlier or number == last == later
                self._gop(number, edge=edge)
                yield self._film.gops[number].end_ms
            if self._look.pieces.count > known:
                self._light(earlier, first)
                self._light(last, later)

    def _runs(self) -> list[tuple[int, int]]:
        question = self._survey.question.view(np.int8)
        edges = np.flatnonzero(np.diff(np.concatenate(([0], question, [0]))))
        return [(first, end - 1) for first, end in edges.reshape(-1, 2).tolist()]

    def _gop(self, number: int, *, edge: bool) -> None:
        gop, change = self._film.gops[number], self._survey.changes.get(number)
        if not edge and change and change.boxes and gop.end_ms - gop.start_ms <= SHORT_MS:
            self._look.told(change)
            return
        self._look.begin()
        for picture in self._film.pictures(gop, gop):
            self._look.at(picture)

    def _led(self, first: int, last: int) -> tuple[int, int]:
        """A run with the GOPs before and after in which the light changes."""
        lit = self._survey.lit
        earlier, later = first, last
        while earlier > 0 and self._near(earlier - 1, first) and lit(earlier - 1):
            earlier -= 1
        while later + 2 < len(self._film.gops) and self._near(last, later + 1) and lit(later + 1):
            later += 1
        return earlier, later

    def _light(self, first: int, last: int) -> None:
        if first < last:
            start_ms, end_ms = self._film.gops[first].start_ms, self._film.gops[last].end_ms
            self._look.pieces.done.append(Motion(start_ms, end_ms, 0.0, WHOLE))

    def _near(self, first: int, last: int) -> bool:
        gops = self._film.gops
        beside = gops[last].start_ms - gops[first].start_ms, gops[last].end_ms - gops[first].end_ms
        return max(beside) <= _LEAD_MS
