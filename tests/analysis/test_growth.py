import math

import numpy as np
import pytest

from analysis.growth import growth

HALF_HOUR = [float(second) for second in range(0, 1800, 5)]


def dependent(random: np.random.Generator, count: int, sd: float, phi: float = 0.9) -> list[float]:
    values, value = [], 0.0
    for shock in random.normal(0.0, sd * math.sqrt(1 - phi**2), count):
        value = phi * value + float(shock)
        values.append(value)
    return values


def test_a_straight_line_is_its_slope() -> None:
    found = growth(HALF_HOUR, [3.0 + 0.25 * t for t in HALF_HOUR])

    assert found is not None
    assert found.slope == pytest.approx(0.25)
    assert found.interval.low == pytest.approx(0.25, abs=1e-6)


def test_readings_need_not_be_evenly_spaced() -> None:
    times = sorted(np.random.default_rng(1).uniform(0.0, 1800.0, 200).tolist())

    found = growth(times, [0.5 * t for t in times])

    assert found is not None
    assert found.slope == pytest.approx(0.5)


def test_less_than_ten_minutes_say_nothing() -> None:
    assert growth([0.0, 300.0, 599.0], [1.0, 2.0, 3.0]) is None
    assert growth([], []) is None


def test_a_stretch_without_readings_says_nothing() -> None:
    """The sidecar was away for the middle of the run."""
    times = [t for t in HALF_HOUR if t < 400 or t > 1400]

    assert growth(times, [1.0] * len(times)) is None


def test_no_growth_is_called_growth_rarely_although_readings_depend_on_one_another() -> None:
    """One-sided at 2.5 %, autocorrelation 0.9; tests that take readings as independent err in a third."""
    random = np.random.default_rng(2)
    wrong = 0
    for _ in range(300):
        found = growth(HALF_HOUR, dependent(random, len(HALF_HOUR), 2.0))
        assert found is not None
        wrong += found.interval.low > 0

    assert wrong / 300 <= 0.06


def test_six_megabytes_in_half_an_hour_are_found() -> None:
    random = np.random.default_rng(3)
    rise = [6.0 * t / 1800 for t in HALF_HOUR]
    found = [
        growth(HALF_HOUR, np.add(rise, dependent(random, len(HALF_HOUR), 2.0)).tolist()) for _ in range(200)
    ]

    assert sum(f is not None and f.interval.low > 0 for f in found) >= 150


def test_each_reading_needs_a_time() -> None:
    with pytest.raises(ValueError, match="each reading needs a time"):
        growth([1.0], [])
