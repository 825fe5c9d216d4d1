"""The sums of `livecam coverage` as a table: times down, what became of them across."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import zip_longest

from edge.clock import to_iso
from flows.catalogue.coverage import State, Sums

NONE = "·"


def table(rows: Sequence[Sums], total: Sums) -> Iterator[str]:
    """Lines: a head, each of `rows` by its start, `total` and its shares.

    Only what takes time has a column; recorded comes first, then causes and the other states.
    """
    names = list(_parts(total))
    grid = [
        [total.camera, *(name.replace("_", " ") for name in names)],
        *([f"{to_iso(row.start_ms)[:16]}Z", *_spans(row, names)] for row in rows),
        ["in sum", *_spans(total, names)],
        ["share", *(f"{_parts(total)[name] / total.wall_ms:.2%}" for name in names)],
    ]
    widths = [max(map(len, column)) for column in zip_longest(*grid, fillvalue="")]
    for first, *others in grid:
        cells = (cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True))
        yield "  ".join([first.ljust(widths[0]), *cells])


def _parts(row: Sums) -> dict[str, int]:
    told = {str(state): ms for state in State if (ms := row.by_state.get(state, 0))}
    had = told.pop(State.RECORDED, 0)
    told.pop(State.GAP, None)
    return {str(State.RECORDED): had, **row.by_cause, **told}


def _spans(row: Sums, names: Sequence[str]) -> Iterator[str]:
    parts = _parts(row)
    # A clock that was set shows, though it takes no time.
    told = {name for name, ms in parts.items() if ms or name in row.by_cause}
    return (span(parts[name]) if name in told else NONE for name in names)


def span(ms: int) -> str:
    """`h:mm:ss.mmm`."""
    minutes, rest = divmod(ms, 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest / 1_000:06.3f}"
