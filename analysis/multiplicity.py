"""Probabilities adjusted for how many were looked at."""

from collections.abc import Sequence


def holm(p_values: Sequence[float]) -> list[float]:
    """Adjusted for the chance of even one false finding, in the order given (Holm, 1979).

    Rejecting where the result is at most alpha keeps that chance at alpha or below, however the tests
    depend on one another.
    """
    count = len(p_values)
    adjusted = [0.0] * count
    highest = 0.0
    for rank, index in enumerate(_ascending(p_values)):
        highest = max(highest, min(1.0, (count - rank) * p_values[index]))
        adjusted[index] = highest
    return adjusted


def benjamini_hochberg(p_values: Sequence[float]) -> list[float]:
    """Adjusted for the share of false findings among all findings, in the order given (1995).

    Calling a finding what is at most q keeps that share at q or below on average, when the tests are
    independent or move together.
    """
    count = len(p_values)
    adjusted = [0.0] * count
    lowest = 1.0
    for rank, index in reversed(list(enumerate(_ascending(p_values), start=1))):
        lowest = min(lowest, p_values[index] * count / rank)
        adjusted[index] = lowest
    return adjusted


def _ascending(p_values: Sequence[float]) -> list[int]:
    for p_value in p_values:
        if not 0 <= p_value <= 1:
            raise ValueError(f"a probability lies between 0 and 1, found {p_value}")
    return sorted(range(len(p_values)), key=lambda index: p_values[index])
