"""Adjusted probabilities against worked examples and simulations with known truth."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest
from scipy.stats import false_discovery_control

from analysis.multiplicity import benjamini_hochberg, holm

P_VALUES = [0.01, 0.04, 0.03, 0.005]


def test_holm_agrees_with_the_textbook() -> None:
    """Worked by hand: 4 x 0.005, 3 x 0.01, 2 x 0.03, and 0.04 raised to what came before it."""
    assert holm(P_VALUES) == pytest.approx([0.03, 0.06, 0.06, 0.02])


def test_benjamini_hochberg_agrees_with_the_textbook() -> None:
    """Worked by hand: 0.005 x 4 / 1, 0.01 x 4 / 2, 0.03 x 4 / 3, 0.04 x 4 / 4, none above a later one."""
    assert benjamini_hochberg(P_VALUES) == pytest.approx([0.02, 0.04, 0.04, 0.02])


def test_benjamini_hochberg_agrees_with_scipy() -> None:
    p_values = np.random.default_rng(1).uniform(0, 1, 48).tolist()

    assert benjamini_hochberg(p_values) == pytest.approx(false_discovery_control(p_values).tolist())


@pytest.mark.parametrize("adjust", [holm, benjamini_hochberg])
def test_one_probability_stays_as_it_is_and_none_stay_none(
    adjust: Callable[[Sequence[float]], list[float]],
) -> None:
    assert adjust([0.2]) == [0.2]
    assert adjust([]) == []


@pytest.mark.parametrize("adjust", [holm, benjamini_hochberg])
def test_an_adjusted_probability_is_never_smaller_and_never_above_one(
    adjust: Callable[[Sequence[float]], list[float]],
) -> None:
    p_values = np.random.default_rng(2).uniform(0, 1, 20).tolist()

    adjusted = adjust(p_values)

    assert all(p <= a <= 1 for p, a in zip(p_values, adjusted, strict=True))
    assert sorted(adjusted) == [a for _, a in sorted(zip(p_values, adjusted, strict=True))]


@pytest.mark.parametrize("adjust", [holm, benjamini_hochberg])
@pytest.mark.parametrize("wrong", [-0.1, 1.1, float("nan")])
def test_what_is_no_probability_is_refused(
    adjust: Callable[[Sequence[float]], list[float]], wrong: float
) -> None:
    with pytest.raises(ValueError, match="lies between 0 and 1"):
        adjust([0.5, wrong])


def test_holm_keeps_the_chance_of_even_one_false_finding() -> None:
    random = np.random.default_rng(3)

    wrong = sum(min(holm(random.uniform(0, 1, 8).tolist())) <= 0.05 for _ in range(4000))

    assert wrong / 4000 <= 0.06


def test_benjamini_hochberg_keeps_the_share_of_false_findings() -> None:
    """Forty metrics stand still and eight move a lot; one finding in twenty may be false."""
    random = np.random.default_rng(4)
    shares = []
    for _ in range(1000):
        p_values = [*random.uniform(0, 1, 40), *random.uniform(0, 0.002, 8)]
        found = [index for index, p in enumerate(benjamini_hochberg(p_values)) if p <= 0.05]
        shares.append(sum(index < 40 for index in found) / max(1, len(found)))

    assert np.mean(shares) <= 0.06
