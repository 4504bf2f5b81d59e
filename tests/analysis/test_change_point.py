"""Change points of weekly histories: what is found, what is left alone, and how often."""

import math

import numpy as np
import pytest

from analysis.change_point import change_points, deviation_around_levels
from tests.analysis.history_simulation import flagged_share, seen_share, weeks

QUIET = weeks(np.random.default_rng(3), 40, deviation=0.02)


def stepped(*levels: float, length: int = 12, deviation: float = 0.01) -> list[float]:
    """Stretches of equal length, one at each level."""
    random = np.random.default_rng(len(levels))
    return [level + value for level in levels for value in weeks(random, length, deviation=deviation)]


def test_a_step_is_found_where_it_is_with_its_size() -> None:
    (found,) = change_points(stepped(0.0, 0.2), least_shift=0.05)

    assert found.index == 12
    assert found.shift == pytest.approx(0.2, abs=0.01)
    assert found.p == 0.001


def test_steps_up_and_down_are_found_in_order() -> None:
    found = change_points(stepped(0.0, 0.2, -0.1), least_shift=0.05)

    assert [point.index for point in found] == [12, 24]
    assert [point.shift for point in found] == [
        pytest.approx(0.2, abs=0.02),
        pytest.approx(-0.3, abs=0.02),
    ]


def test_a_sure_step_below_the_least_shift_is_not_reported() -> None:
    series = stepped(0.0, 0.04, deviation=0.005)

    assert len(change_points(series, least_shift=0.03)) == 1
    assert change_points(series, least_shift=0.05) == ()


def test_a_sure_step_within_two_deviations_is_not_reported() -> None:
    """Forty weeks on either side prove a shift that no single week could show."""
    series = stepped(0.0, 0.09, length=40, deviation=0.06)

    assert change_points(series, least_shift=0.05) == ()


@pytest.mark.parametrize("after", [1, 2])
def test_two_bad_weeks_are_no_new_level_yet(after: int) -> None:
    assert change_points([*QUIET, *[0.5] * after], least_shift=0.05) == ()


def test_the_third_bad_week_is() -> None:
    (found,) = change_points([*QUIET, 0.5, 0.51, 0.49], least_shift=0.05)

    assert found.index == 40


def test_a_single_outlier_in_the_middle_splits_nothing() -> None:
    assert change_points([*QUIET[:20], 0.6, *QUIET[20:]], least_shift=0.05) == ()


@pytest.mark.parametrize("values", [[], [1.0], [1.0, 2.0, 3.0, 4.0], [0.3] * 30])
def test_too_few_or_equal_values_have_no_change(values: list[float]) -> None:
    assert change_points(values, least_shift=0.0) == ()


def test_a_handful_of_weeks_proves_nothing() -> None:
    """Of six points in any order, too many fall apart as clearly."""
    assert change_points([0.0, 0.01, 0.0, 0.5, 0.51, 0.5], least_shift=0.05) == ()


def test_the_same_values_give_the_same_result() -> None:
    series = stepped(0.0, 0.05, 0.2, deviation=0.03)

    assert change_points(series, least_shift=0.05) == change_points(list(series), least_shift=0.05)


def test_the_deviation_is_taken_around_the_levels() -> None:
    series = [0.0, 0.2, 1.0, 1.2]

    assert deviation_around_levels(series, [2]) == pytest.approx(math.sqrt(0.02))
    assert deviation_around_levels(series, [1, 2, 3]) is None
    assert deviation_around_levels([1.0], []) is None


def test_a_history_without_change_is_rarely_flagged() -> None:
    """A year of weeks each."""
    assert flagged_share(1000) <= 0.02


def test_ten_percent_more_is_seen_within_four_weeks() -> None:
    assert seen_share(400) >= 0.95


@pytest.mark.slow
@pytest.mark.parametrize("deviation", [0.01, 0.03, 0.06])
def test_two_in_a_hundred_histories_without_change_are_flagged_at_most(deviation: float) -> None:
    assert flagged_share(3000, deviation=deviation) <= 0.02


@pytest.mark.slow
def test_weeks_that_depend_on_one_another_are_rarely_flagged_either() -> None:
    assert flagged_share(3000, correlation=0.3) <= 0.02


@pytest.mark.slow
@pytest.mark.parametrize("deviation", [0.01, 0.02, 0.03])
def test_ten_percent_more_is_seen_within_four_weeks_in_95_of_100_histories(deviation: float) -> None:
    assert seen_share(2000, deviation=deviation) >= 0.95
