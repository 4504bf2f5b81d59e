import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest

from analysis.growth import Growth, growth

Floats = npt.NDArray[np.float64]

HALF_HOUR = np.arange(0.0, 1800.0, 5.0)
RUNS = 2000
SHAPE = (RUNS, len(HALF_HOUR))


def independent(random: np.random.Generator) -> Floats:
    """A row for each run."""
    return random.normal(0.0, 2.0, SHAPE)


def dependent(phi: float) -> Callable[[np.random.Generator], Floats]:
    """A first-order process of standard deviation 2 that is in its steady state from the start."""

    def noise(random: np.random.Generator) -> Floats:
        values = np.empty(SHAPE)
        value = random.normal(0.0, 2.0, RUNS)
        for at in range(len(HALF_HOUR)):
            values[:, at] = value
            value = phi * value + random.normal(0.0, 2.0 * math.sqrt(1 - phi**2), RUNS)
        return values

    return noise


def sawtooth(period_s: float) -> Callable[[np.random.Generator], Floats]:
    """Memory that grows by 6 between two collections of garbage, from anywhere in the cycle."""

    def noise(random: np.random.Generator) -> Floats:
        teeth: Floats = 6.0 * ((HALF_HOUR / period_s + random.uniform(size=(RUNS, 1))) % 1.0)
        return teeth + random.normal(0.0, 0.3, SHAPE)

    return noise


def both(random: np.random.Generator) -> Floats:
    """Garbage is collected once a minute, under dependent noise."""
    return sawtooth(60.0)(random) + dependent(0.9)(random)


def many(noise: Callable[[np.random.Generator], Floats], slope: float = 0.0) -> list[Growth]:
    """What is found in 2000 half hours of this noise upon this slope."""
    times = HALF_HOUR.tolist()
    rows = noise(np.random.default_rng(2)) + slope * HALF_HOUR
    found = [growth(times, row.tolist()) for row in rows]
    return [one for one in found if one is not None]


def share(found: list[Growth], of: Callable[[Growth], bool]) -> float:
    assert len(found) == RUNS
    return sum(of(one) for one in found) / RUNS


def test_a_straight_line_is_its_slope() -> None:
    found = growth(HALF_HOUR.tolist(), (3.0 + 0.25 * HALF_HOUR).tolist())

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
    times = [t for t in HALF_HOUR.tolist() if t < 400 or t > 1400]

    assert growth(times, [1.0] * len(times)) is None


def test_each_reading_needs_a_time() -> None:
    with pytest.raises(ValueError, match="each reading needs a time"):
        growth([1.0], [])


@pytest.mark.parametrize(
    "noise", [independent, dependent(0.9), dependent(0.98), sawtooth(60.0), sawtooth(600.0), both]
)
def test_memory_that_does_not_grow_is_rarely_said_to(noise: Callable[[np.random.Generator], Floats]) -> None:
    """One-sided at 5 %. Tests that take readings as independent err in a third of the runs with AR 0.9."""
    assert share(many(noise), lambda one: one.interval.low > 0) <= 0.08


def test_six_megabytes_in_half_an_hour_are_found() -> None:
    assert share(many(dependent(0.9), slope=6.0 / 1800), lambda one: one.interval.low > 0) >= 0.90


@pytest.mark.parametrize("noise", [independent, dependent(0.9), sawtooth(60.0)])
def test_half_an_hour_is_enough_for_readings_that_move_within_minutes(
    noise: Callable[[np.random.Generator], Floats],
) -> None:
    assert share(many(noise), lambda one: one.too_short) <= 0.10


@pytest.mark.parametrize("noise", [dependent(0.98), sawtooth(600.0)])
def test_half_an_hour_is_too_short_for_slower_readings_and_decides_nothing(
    noise: Callable[[np.random.Generator], Floats],
) -> None:
    """It would take 15 times 8 minutes, and 5 times 10."""
    found = many(noise)

    assert share(found, lambda one: one.too_short) >= 0.90
    assert share(found, lambda one: one.within(0.0) is None) >= 0.95


def test_the_period_of_garbage_collection_is_seen_under_noise() -> None:
    found = many(sawtooth(240.0))

    assert share(found, lambda one: abs(one.needed_s - 5 * 240.0) <= 30.0) >= 0.99
    assert share(found, lambda one: one.too_short) == 0.0


def test_a_slow_wave_hides_no_growth_that_is_far_beyond_it() -> None:
    """Twelve minutes of memory that bends are too short for a t interval, and yet leave no doubt."""
    times = np.arange(0.0, 720.0, 5.0)
    wave = 2.0 * np.sin(2 * np.pi * times / 900.0)

    found = growth(times.tolist(), (wave + 0.2 * times).tolist())

    assert found is not None
    assert found.too_short
    assert [found.within(limit) for limit in (0.1, 0.2, 0.3)] == [False, None, True]


@pytest.mark.parametrize(("limit", "within"), [(0.3, True), (0.25, None), (0.2, False)])
def test_a_slope_is_within_a_limit_beyond_it_or_too_close_to_tell(limit: float, within: bool | None) -> None:
    noise = np.random.default_rng(5).normal(0.0, 2.0, len(HALF_HOUR))

    found = growth(HALF_HOUR.tolist(), (0.25 * HALF_HOUR + noise).tolist())

    assert found is not None
    assert found.within(limit) is within
