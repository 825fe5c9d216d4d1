"""What is in a file, decoding only where something may have happened."""

from __future__ import annotations

from collections.abc import Iterator

from flows.media.footage import Footage, Gop
from flows.vision.look import Look
from flows.vision.survey import Survey


class Cascade:
    """Decodes the stretches in question, and glances at the file now and then between them."""

    def __init__(self, film: Footage, survey: Survey, look: Look) -> None:
        self._film, self._survey, self._look = film, survey, look
        self._next = 0  # the number of the first GOP that was not looked at

    def run(self) -> Iterator[int]:
        """Looks through the file; answers, again and again, up to which of its ms."""
        for first, last in self._survey.stretches():
            yield from self._glances(first.number)
            if last.number >= self._next:
                yield from self._stretch(self._film.gops[max(first.number, self._next)], last)
        yield from self._glances(len(self._film.gops))

    def _glances(self, end: int) -> Iterator[int]:
        for number in self._survey.glances:
            if self._next <= number < end:
                picture = self._survey.glance(number)
                if picture is not None:
                    self._look.still(picture)
                    yield picture.at_ms

    def _stretch(self, first: Gop, last: Gop) -> Iterator[int]:
        """One stretch, and on while something moves."""
        self._look.begin()
        yield from self._pictures(first, last)
        while self._look.moving and last.number + 1 < len(self._film.gops):
            last = self._film.gops[last.number + 1]
            yield from self._pictures(last, last)
        self._look.end()
        self._next = last.number + 1

    def _pictures(self, first: Gop, last: Gop) -> Iterator[int]:
        for picture in self._film.pictures(first, last, self._look.wants):
            self._look.at(picture)
            if picture.keyframe:
                yield picture.at_ms
