"""The open model's schedule is an exact function of profile, seed and worker."""

from itertools import pairwise
from math import floor

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import kstest

from analysis.profile import LoadProfile
from analysis.profile_parts import Arrivals, Model, Stage
from locustfiles.load.arrival_schedule import RateIntegral, arrival_times, endpoint_draws

RAMP = (Stage("up", 10, 20.0, ramp=True), Stage("hold", 5, 20.0), Stage("down", 4, 0.0, ramp=True))


def profile(arrivals: Arrivals, *stages: Stage) -> LoadProfile:
    return LoadProfile(name="p", model=Model.OPEN, mix={"query": 1.0}, arrivals=arrivals, stages=stages)


def of_all_workers(wanted: LoadProfile, *, seed: int, workers: int) -> list[float]:
    """The union of what all workers send."""
    return sorted(
        due
        for worker in range(workers)
        for due in arrival_times(wanted, seed=seed, worker=worker, workers=workers)
    )


def test_constant_arrivals_are_evenly_spaced() -> None:
    """At 20 per second every gap is 50 ms."""
    times = list(
        arrival_times(profile(Arrivals.CONSTANT, Stage("hold", 5, 20.0)), seed=1, worker=0, workers=1)
    )
    assert len(times) == 100
    assert all(later - earlier == pytest.approx(0.05) for earlier, later in pairwise(times))


@pytest.mark.parametrize("workers", [1, 2, 4, 8])
def test_constant_gaps_are_exact_to_the_nanosecond(workers: int) -> None:
    """At 500 per second, a minute long: 1 ms, 3 ms, 5 ms and so on, whoever sends them."""
    steady = profile(Arrivals.CONSTANT, Stage("hold", 60, 500.0))
    times = of_all_workers(steady, seed=1, workers=workers)
    assert [round(due * 1e9) for due in times] == [1_000_000 + 2_000_000 * n for n in range(30_000)]


@pytest.mark.parametrize("workers", [2, 3, 4, 8])
def test_constant_arrivals_of_all_workers_are_exactly_the_schedule_of_one(workers: int) -> None:
    """Dealing the arrivals out to workers neither adds, moves nor loses one."""
    ramps = profile(Arrivals.CONSTANT, *RAMP)
    assert of_all_workers(ramps, seed=1, workers=workers) == of_all_workers(ramps, seed=1, workers=1)


@pytest.mark.parametrize("workers", [1, 2, 4, 8])
def test_ramps_follow_the_exact_integral_of_the_rate(workers: int) -> None:
    """The n-th arrival is due when the integral reaches n + 1/2; at no moment is one too many or missing."""
    ramps = profile(Arrivals.CONSTANT, *RAMP)
    times = of_all_workers(ramps, seed=1, workers=workers)
    areas = [ramps.arrivals_between(0, due) for due in times]
    assert areas == pytest.approx([n + 0.5 for n in range(240)])
    for second in range(ramps.duration_s + 1):
        so_far = sum(due <= second for due in times)
        assert so_far == floor(ramps.arrivals_between(0, second) + 0.5)


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("workers", [1, 4])
def test_poisson_gaps_are_exponential(seed: int, workers: int) -> None:
    """By the test of Kolmogorov and Smirnov; each worker by itself and all together.

    The bound is 5 % over the 20 seeds. They are fixed: it passes always or never.
    """
    steady = profile(Arrivals.POISSON, Stage("hold", 20, 200.0))
    for times, rate in (
        (list(arrival_times(steady, seed=seed, worker=0, workers=workers)), 200 / workers),
        (of_all_workers(steady, seed=seed, workers=workers), 200.0),
    ):
        gaps = [later - earlier for earlier, later in pairwise([0.0, *times])]
        assert kstest(gaps, "expon", args=(0, 1 / rate)).pvalue > 0.05 / 20


@pytest.mark.parametrize("seed", range(20))
def test_poisson_arrivals_follow_a_ramp(seed: int) -> None:
    """In units of the integral of the rate their gaps are exponential with mean 1."""
    ramps = profile(Arrivals.POISSON, *RAMP)
    times = of_all_workers(ramps, seed=seed, workers=2)
    areas = [ramps.arrivals_between(0, due) for due in times]
    gaps = [later - earlier for earlier, later in pairwise([0.0, *areas])]
    assert kstest(gaps, "expon").pvalue > 0.05 / 20


def test_the_number_of_constant_arrivals_is_the_integral_of_the_rate() -> None:
    """100 on the way up, 100 at the top, 40 on the way down."""
    times = list(arrival_times(profile(Arrivals.CONSTANT, *RAMP), seed=1, worker=0, workers=1))
    assert len(times) == 240


def test_poisson_arrivals_differ_between_workers_and_repeat_for_a_seed() -> None:
    """A worker's sequence depends on seed and worker alone."""
    steady = profile(Arrivals.POISSON, Stage("hold", 50, 20.0))
    first = list(arrival_times(steady, seed=1, worker=0, workers=2))
    again = list(arrival_times(steady, seed=1, worker=0, workers=2))
    other = list(arrival_times(steady, seed=1, worker=1, workers=2))
    assert first == again
    assert not set(first) & set(other)
    assert len(first) + len(other) == pytest.approx(1000, rel=0.15)


@given(st.floats(min_value=0, max_value=240))
def test_the_inverse_of_the_integral_undoes_the_integral(expected: float) -> None:
    """The profile's own integral up to the time found gives the number asked for."""
    due = RateIntegral(RAMP).time_of(expected)
    assert due is not None
    assert profile(Arrivals.CONSTANT, *RAMP).arrivals_between(0, due) == pytest.approx(expected, abs=1e-6)


def test_no_arrival_is_due_beyond_the_end() -> None:
    """Nothing is expected after the last stage."""
    assert RateIntegral(RAMP).time_of(240.001) is None


def test_endpoints_are_drawn_in_the_proportions_of_the_mix() -> None:
    """Three to one, within the noise of 4 000 draws."""
    draws = endpoint_draws({"query": 3.0, "health": 1.0}, seed=1, worker=0)
    drawn = [next(draws) for _ in range(4000)]
    assert drawn.count("query") / 4000 == pytest.approx(0.75, abs=0.03)
