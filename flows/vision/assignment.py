"""Who is who: rows given to columns, each at most once, so that the sum is the largest.

The Hungarian method, by shortest augmenting paths with potentials (Kuhn 1955, Munkres 1957; in
the form of Jonker and Volgenant 1987), O(rows² × columns).
"""

from collections.abc import Sequence
from math import inf


def assigned(worth: Sequence[Sequence[float]]) -> list[int]:
    """The column of each row, -1 for none, with the largest sum of `worth`.

    Worth is 0 or more, and rows and columns of worth 0 stay apart. Rows are of one length.
    """
    best = [max(range(len(row)), key=row.__getitem__, default=-1) for row in worth]
    best = [at if at >= 0 and row[at] > 0 else -1 for row, at in zip(worth, best, strict=True)]
    taken = [at for at in best if at >= 0]
    # Where no two rows want the same column, that is the largest sum: nearly always.
    return best if len(set(taken)) == len(taken) else _Hungarian(worth).solved()


class _Hungarian:
    """Columns are counted from 1; column 0 is where the row begins that is being placed."""

    def __init__(self, worth: Sequence[Sequence[float]]) -> None:
        self._worth = worth
        # As many columns as rows, so that each row finds one: what is not there is worth nothing.
        self._columns = max(len(worth), len(worth[0]))
        self._of_row = [0.0] * len(worth)
        self._of_column = [0.0] * (self._columns + 1)
        self._row_in = [-1] * (self._columns + 1)

    def solved(self) -> list[int]:
        for row in range(len(self._worth)):
            self._place(row)
        found = [-1] * len(self._worth)
        for column, row in enumerate(self._row_in[1:]):
            if row >= 0 and self._cost(row, column) < 0:
                found[row] = column
        return found

    def _cost(self, row: int, column: int) -> float:
        return -self._worth[row][column] if column < len(self._worth[row]) else 0.0

    def _place(self, row: int) -> None:
        """Gives the row a column, moving rows of before along the cheapest path of changes."""
        self._row_in[0] = row
        least, before = [inf] * (self._columns + 1), [0] * (self._columns + 1)
        tree, here = [0], 0
        while self._row_in[here] >= 0:
            step, here = self._nearest(here, tree, least, before)
            self._shift(step, tree, least)
            tree.append(here)
        while here:
            self._row_in[here] = self._row_in[before[here]]
            here = before[here]

    def _nearest(
        self, here: int, tree: list[int], least: list[float], before: list[int]
    ) -> tuple[float, int]:
        """The column outside the tree that costs least to reach, and what it costs."""
        row, step, nearest = self._row_in[here], inf, 0
        inside = set(tree)
        for column in range(1, self._columns + 1):
            if column in inside:
                continue
            cost = self._cost(row, column - 1) - self._of_row[row] - self._of_column[column]
            if cost < least[column]:
                least[column], before[column] = cost, here
            if least[column] < step:
                step, nearest = least[column], column
        return step, nearest

    def _shift(self, step: float, tree: list[int], least: list[float]) -> None:
        inside = set(tree)
        for column in range(self._columns + 1):
            if column in inside:
                self._of_row[self._row_in[column]] += step
                self._of_column[column] -= step
            else:
                least[column] -= step
