import pytest

from infra.bench.scan import f1


def test_f1_counts_the_seconds_around_each_bound() -> None:
    truth = [(10.0, 20.0)]
    assert f1([(8.0, 22.0)], truth) == 1.0
    assert f1([], truth) == 0.0
    assert f1([(8.0, 12.0)], truth) == pytest.approx(2 * 4 / (4 + 8))
    # Standing there is left out; what is told of nobody is not.
    assert f1([(8.0, 22.0), (14.0, 15.0)], truth) == 1.0
    assert f1([(8.0, 22.0), (30.0, 32.0)], truth) == pytest.approx(2 * 8 / (10 + 8))
