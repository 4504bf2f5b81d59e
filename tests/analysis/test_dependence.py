import numpy as np
import pytest

from analysis.dependence import correlation_s, period_s

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
    assert period_s(np.sin(2 * np.pi * np.arange(600) / 100), 5.0) == pytest.approx(500.0, rel=0.1)


def test_noise_has_no_period() -> None:
    assert period_s(INDEPENDENT, 5.0) == 0.0
