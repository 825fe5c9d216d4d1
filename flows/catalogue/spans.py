"""Arithmetic of stretches of time, `(start_ms, end_ms)` with the end not included."""

from __future__ import annotations

from collections.abc import Iterable

Span = tuple[int, int]


def merged(spans: Iterable[Span]) -> list[Span]:
    """The same time in as few spans as can be: in order, apart, none empty."""
    found: list[Span] = []
    for start, end in sorted(span for span in spans if span[0] < span[1]):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return found


def parted(spans: list[Span], by: list[Span]) -> tuple[list[Span], list[Span]]:
    """What of `spans` lies inside `by`, and what outside; both come and go as `merged` gives."""
    inside: list[Span] = []
    outside: list[Span] = []
    at = 0
    for start, end in spans:
        reached = start
        while at < len(by) and by[at][1] <= start:
            at += 1
        last = at
        while last < len(by) and by[last][0] < end:
            if by[last][0] > reached:
                outside.append((reached, by[last][0]))
            inside.append((max(by[last][0], start), min(by[last][1], end)))
            reached = inside[-1][1]
            last += 1
        if reached < end:
            outside.append((reached, end))
    return inside, outside
