import numpy as np
import pytest

from analysis.dependence import Floats, correlation_s, integrated_s, period_s

RANDOM = np.random.default_rng(1)
INDEPENDENT = RANDOM.normal(0.0, 1.0, 2000)
TEETH = (np.arange(600) % 12) / 12 - 0.5


def test_independent_values_depend_on_one_another_for_one_step() -> None:
    assert correlation_s(INDEPENDENT, 5.0) == pytest.approx(5.0, rel=0.15)


def test_a_first_order_process_depends_on_itself_for_its_correlation_time() -> None:
    """(1 + 0.8)/(1 - 0.8) = 9 steps."""
    values = np.empty(20_000)
    value = 0.0
    for at, shock in enumerate(RANDOM.normal(0.0, 1.0, len(values))):
        value = 0.8 * value + shock
        values[at] = value

    assert correlation_s(values, 5.0) == pytest.approx(45.0, rel=0.15)


def test_constant_values_depend_on_nothing() -> None:
    assert correlation_s(np.zeros(100), 5.0) == 0.0
    assert period_s(np.zeros(100), 5.0) == 0.0


def test_a_period_is_the_shortest_of_its_multiples() -> None:
    assert period_s(TEETH, 5.0) == 60.0
    assert period_s(np.sin(2 * np.pi * np.arange(600) / 100), 5.0) == pytest.approx(500.0, abs=5.0)


def test_noise_has_no_period() -> None:
    assert period_s(INDEPENDENT, 5.0) == 0.0


@pytest.mark.parametrize(("phi", "times"), [(0.0, 1.0), (0.5, 3.0), (0.9, 19.0)])
def test_the_integrated_time_of_a_first_order_process_is_its_correlation_time(
    phi: float, times: float
) -> None:
    """(1 + phi)/(1 - phi) steps, in long series."""
    found = [integrated_s(values, 1.0) for values in first_order(phi, 20_000, 5)]

    assert np.mean(found) == pytest.approx(times, rel=0.1)


def test_the_integrated_time_sees_through_noise_on_each_value() -> None:
    """Half of the variance is noise: 1 + 2 x 0.5 x 9 = 10 steps, where the first lag alone would say 2.6."""
    found = []
    for values in first_order(0.9, 20_000, 5):
        noisy: Floats = values + np.random.default_rng(3).normal(0.0, values.std(), len(values))
        found.append(integrated_s(np.asarray(noisy - noisy.mean(), np.float64), 1.0))

    assert np.mean(found) == pytest.approx(10.0, rel=0.15)


@pytest.mark.parametrize("count", [2, 3, 10])
def test_few_or_constant_values_have_an_integrated_time(count: int) -> None:
    assert integrated_s(np.zeros(count), 1.0) == 0.0
    assert integrated_s(np.linspace(-1.0, 1.0, count), 1.0) >= 1.0


def first_order(phi: float, count: int, series: int) -> list[Floats]:
    random = np.random.default_rng([5, round(phi * 10)])
    shocks = random.normal(0.0, 1.0, (count, series))
    values = np.empty_like(shocks)
    value = shocks[0] / np.sqrt(1 - phi**2)
    for at, shock in enumerate(shocks):
        value = phi * value + shock if at else value
        values[at] = value
    return [one - one.mean() for one in values.T]
