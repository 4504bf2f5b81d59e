"""Runs of a service with two states, against runs that merely scatter: error rates known by simulation."""

import numpy as np
import pytest

from analysis.two_groups import two_groups

GAP = 0.0953
"""Of a margin of 10 %."""


def found_in(values: np.ndarray, least_gap: float) -> float:
    return sum(two_groups(row, least_gap) is not None for row in values.tolist()) / len(values)


@pytest.mark.parametrize("runs", [4, 5, 6, 8, 12, 20])
def test_normal_scatter_is_called_two_groups_once_in_a_hundred_at_most(runs: int) -> None:
    """However much they scatter: no least gap is asked for."""
    values = np.random.default_rng([21, runs]).normal(0.0, 1.0, (4000, runs))

    assert found_in(values, 0.0) <= 0.015


@pytest.mark.parametrize("runs", [5, 10])
@pytest.mark.parametrize("sd", [0.02, 0.04])
def test_runs_that_scatter_less_than_the_margin_are_hardly_ever_two_groups(runs: int, sd: float) -> None:
    values = np.random.default_rng([22, runs]).normal(0.0, sd, (2000, runs))

    assert found_in(values, GAP) <= 0.002


@pytest.mark.parametrize("runs", [5, 8, 12])
def test_drifting_runs_are_one_group(runs: int) -> None:
    """Evenly from one end to the other."""
    ramp = np.linspace(0.0, 0.5, runs)
    values = ramp + np.random.default_rng([23, runs]).normal(0.0, 0.02, (1000, runs))

    assert found_in(values, GAP) <= 0.015


@pytest.mark.parametrize(("runs", "apart"), [(5, 0.25), (8, 0.20), (12, 0.20)])
def test_two_states_are_found_nearly_always(runs: int, apart: float) -> None:
    """Runs scatter by 1 % around either state; three or more of them are in each but two of five."""
    random = np.random.default_rng([24, runs])
    state = np.zeros(runs)
    state[: runs * 2 // 5] = apart
    values = state + random.normal(0.0, 0.01, (1000, runs))

    assert found_in(values, GAP) >= 0.95


def test_the_groups_are_told_by_their_middles() -> None:
    groups = two_groups([0.0, 1.0, 0.02, 1.02, 0.01], 0.1)

    assert groups is not None
    assert (groups.low, groups.high) == pytest.approx((0.01, 1.01))


def test_equal_values_on_either_side_are_two_groups() -> None:
    assert two_groups([0.0, 0.0, 0.0, 1.0, 1.0], 0.1) is not None


@pytest.mark.parametrize(
    "values", [[], [0.0], [0.0, 1.0], [0.0, 0.0, 1.0], [0.0] * 5, [0.0, 0.0, 0.0, 0.0, 1.0]]
)
def test_few_runs_equal_ones_and_a_single_odd_one_are_one_group(values: list[float]) -> None:
    assert two_groups(values, 0.1) is None
