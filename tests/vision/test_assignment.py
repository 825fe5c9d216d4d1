from itertools import permutations

from hypothesis import given, settings
from hypothesis import strategies as st

from flows.vision.assignment import assigned

Worth = list[list[float]]


@st.composite
def tables(draw: st.DrawFn) -> Worth:
    columns = draw(st.integers(0, 5))
    worths = st.sampled_from([0.0, 0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 1.0]) | st.floats(0, 1)
    row = st.lists(worths, min_size=columns, max_size=columns)
    return draw(st.lists(row, max_size=5))


def total(worth: Worth, columns: tuple[int, ...] | list[int]) -> float:
    return sum(row[at] for row, at in zip(worth, columns, strict=True) if 0 <= at < len(row))


def most(worth: Worth) -> float:
    places = range(len(worth) + max((len(row) for row in worth), default=0))
    return max(total(worth, chosen) for chosen in permutations(places, len(worth)))


@settings(deadline=None)
@given(tables())
def test_no_other_assignment_is_worth_more(worth: Worth) -> None:
    found = assigned(worth)
    assert abs(total(worth, found) - most(worth)) < 1e-9
    taken = [at for at in found if at >= 0]
    assert len(set(taken)) == len(taken)
    assert all(worth[row][at] > 0 for row, at in enumerate(found) if at >= 0)


def test_the_best_pair_gives_way_where_both_together_are_better() -> None:
    assert assigned([[0.9, 0.8], [0.85, 0.0]]) == [1, 0]


def test_a_row_without_a_column_is_left_over() -> None:
    assert assigned([[0.4], [0.6]]) == [-1, 0]
    assert assigned([[], []]) == [-1, -1]
    assert assigned([]) == []
