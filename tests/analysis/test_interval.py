import math

import numpy as np
import pytest

from analysis.dependence import integrated_s
from analysis.interval import is_reliable, log_interval, plain_interval


def test_the_interval_is_students_t_over_the_deviations_from_the_whole() -> None:
    """Worked by hand: deviations -2d, -d, 0, d, 2d have the standard error d * sqrt(10 / 4 / 5)."""
    d = 0.1
    parts = [math.exp(step * d) for step in (-2, -1, 0, 1, 2)]

    interval = log_interval(parts, 1.0)

    half = 2.7764451 * d * math.sqrt(0.5)
    assert interval.low == pytest.approx(math.exp(-half))
    assert interval.high == pytest.approx(math.exp(half))


def test_equal_parts_leave_no_doubt() -> None:
    assert log_interval([5.0] * 5, 5.0).low == pytest.approx(5.0)


def test_a_ratio_stays_between_its_bounds() -> None:
    interval = plain_interval([0.0, 0.0, 0.01, 0.0, 0.0], 0.002, least=0.0, most=1.0)

    assert interval.low == 0.0
    assert 0.002 < interval.high < 0.02


def test_one_part_is_refused() -> None:
    with pytest.raises(ValueError, match="two parts or more"):
        log_interval([1.0], 1.0)


def test_the_interval_of_a_p95_holds_the_truth_about_95_times_in_100() -> None:
    """Independent log-normal times, 300 s of 20 a second; dependent ones are covered somewhat less."""
    random = np.random.default_rng(11)
    truth = math.exp(0.5 * 1.6448536)
    hits = 0
    for _ in range(400):
        times = np.exp(random.normal(0.0, 0.5, (5, 1200)))
        interval = log_interval(
            [float(np.quantile(part, 0.95)) for part in times], float(np.quantile(times, 0.95))
        )
        hits += interval.low <= truth <= interval.high

    assert 0.91 <= hits / 400 <= 0.98


@pytest.mark.parametrize(
    ("measured_s", "correlation_s", "reliable"),
    [(300.0, 10.0, True), (299.0, 10.0, False), (60.0, None, True), (60.0, 1.0, True)],
)
def test_a_run_must_be_thirty_times_as_long_as_its_latencies_depend_on_one_another(
    measured_s: float, correlation_s: float | None, reliable: bool
) -> None:
    assert is_reliable(measured_s, correlation_s) is reliable


def levels(seconds: int, phi: float, count: int) -> np.ndarray:
    """Mean logarithms of 20 log-normal answers in each second, around a first-order level of 15 %."""
    random = np.random.default_rng([12, seconds, round(phi * 10)])
    level = random.normal(0.0, 0.15, count)
    found = np.empty((seconds, count))
    for second in range(seconds):
        found[second] = level + random.normal(0.0, 0.5 / np.sqrt(20), count)
        level = phi * level + random.normal(0.0, 0.15 * np.sqrt(1 - phi**2), count)
    return found.T


@pytest.mark.parametrize(
    ("seconds", "phi", "least", "most"),
    [(60, 0.9, 0.85, 1.0), (120, 0.9, 0.8, 1.0), (120, 0.0, 0.0, 0.02), (300, 0.5, 0.0, 0.02)],
)
def test_intervals_that_hold_the_truth_too_seldom_are_known(
    seconds: int, phi: float, least: float, most: float
) -> None:
    """From minutes of dependent latencies, not from longer ones of nearly independent latencies."""
    times = [integrated_s(one - one.mean(), 1.0) for one in levels(seconds, phi, 300)]

    doubtful = sum(not is_reliable(seconds, time) for time in times) / len(times)

    assert least <= doubtful <= most
