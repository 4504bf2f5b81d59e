import numpy as np
import pytest

from analysis.mser import mser_cut


def test_a_start_that_differs_is_cut() -> None:
    assert mser_cut(np.array([9.0, 5.0, 2.0] + [1.0, 1.1] * 10)) == 3


def test_a_steady_series_is_kept_whole() -> None:
    assert mser_cut(np.array([1.0, 1.1] * 10)) == 0
    assert mser_cut(np.ones(20)) == 0


@pytest.mark.parametrize("count", [20, 21])
def test_no_more_than_half_is_cut(count: int) -> None:
    """A series that never comes to rest has its best cut there."""
    assert mser_cut(np.arange(float(count))) == count // 2


def test_the_cut_is_the_one_with_the_least_variance_of_the_mean() -> None:
    levels = np.random.default_rng(1).normal(0.0, 1.0, 31) + 5.0 * np.exp(-np.arange(31) / 4)

    cuts = [levels[d:].var() / (31 - d) for d in range(31 // 2 + 1)]

    assert mser_cut(levels) == int(np.argmin(cuts))
