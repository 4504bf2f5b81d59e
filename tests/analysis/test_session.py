"""Which runs are one session, and how much sessions differ: worked examples and simulations."""

import math

import numpy as np
import pytest

from analysis.run_summary import RunSummary
from analysis.session import between_sessions, grouped, in_order, session_sizes, within_sessions


def run(start_utc: str, measured_s: float = 120.0) -> RunSummary:
    return RunSummary(start_utc, start_utc, measured_s, {})


def test_runs_one_after_the_other_are_one_session() -> None:
    assert session_sizes([run(f"2025-11-21T10:{minute:02d}:00Z") for minute in range(0, 30, 3)]) == (10,)


def test_a_night_between_runs_makes_two_sessions() -> None:
    runs = [run("2025-11-21T10:00:00Z"), run("2025-11-21T10:03:00Z"), run("2025-11-22T08:00:00Z")]

    assert session_sizes(runs) == (2, 1)


def test_a_long_run_does_not_end_its_session() -> None:
    """Three hours of soak: what counts is the pause after it."""
    runs = [run("2025-11-21T10:00:00Z", 10_800.0), run("2025-11-21T13:05:00Z")]

    assert session_sizes(runs) == (2,)


def test_runs_are_put_in_the_order_of_their_start() -> None:
    early, late = run("2025-11-21T10:00:00Z"), run("2025-11-22T10:00:00Z")

    assert in_order([late, early]) == [early, late]


def test_the_components_agree_with_an_analysis_of_variance_by_hand() -> None:
    """Sessions of 1, 2, 3 and 5, 6, 7: MS between 24, MS within 1, so (24 - 1) / 3 and 1."""
    groups = grouped([1.0, 2.0, 3.0, 5.0, 6.0, 7.0], (3, 3))

    session = between_sessions(groups)

    assert session is not None
    assert session.deviation == pytest.approx(math.sqrt(23 / 3))
    assert session.df == 1
    assert within_sessions(groups) == (1.0, 4)


def test_sessions_that_differ_less_than_their_runs_would_have_no_noise_of_their_own() -> None:
    session = between_sessions([[0.0, 2.0], [0.0, 2.0]])

    assert session is not None
    assert session.deviation == 0.0


@pytest.mark.parametrize("groups", [[[1.0, 2.0, 3.0]], [[1.0], [2.0], [3.0]]])
def test_one_session_or_one_run_in_each_tells_nothing_about_sessions(groups: list[list[float]]) -> None:
    assert between_sessions(groups) is None


def test_runs_alone_in_their_sessions_have_no_scatter_within() -> None:
    with pytest.raises(ValueError, match="two runs or more in one session"):
        within_sessions([[1.0], [2.0]])


@pytest.mark.parametrize("sizes", [(5, 5, 5, 5), (8, 3, 5, 4)])
def test_the_components_are_unbiased(sizes: tuple[int, ...]) -> None:
    """True deviations 3 % between sessions and 1.5 % between runs; equal and unequal sessions."""
    random = np.random.default_rng([31, *sizes])
    between, within = [], []
    for _ in range(1500):
        groups = [(random.normal(0, 0.03) + random.normal(0, 0.015, size)).tolist() for size in sizes]
        session = between_sessions(groups)
        assert session is not None
        between.append(session.deviation**2)
        within.append(within_sessions(groups)[0] ** 2)

    assert math.sqrt(np.mean(between)) == pytest.approx(0.03, rel=0.08)
    assert math.sqrt(np.mean(within)) == pytest.approx(0.015, rel=0.03)
