"""The statistics of the screen: values of stored runs against values of new runs, for one metric."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from scipy import special

from analysis.interval import student
from analysis.noise import Spread, floored, sample_deviation
from analysis.result import Outcome

ALPHA = 0.05
"""One-sided each way: the chance of REGRESSION, and of PASS, when the true change is the margin."""

CONFIDENCE = 1 - 2 * ALPHA
"""Of the interval that a screening has: two-sided, with ALPHA beyond each end."""

ALPHA_SINGLE = 0.025
"""For REGRESSION from one candidate run, which cannot show its own noise."""

POWER = 0.95
"""`smallest_effect` is found with this probability."""

_SATTERTHWAITE_FROM = 5
"""Fewer candidate runs know too little of their own deviation; the arms then share one."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Where a change for the worse and a change for the better begin, on the scale of the values."""

    worse: float
    better: float


@dataclass(frozen=True, slots=True)
class Screening:
    """`difference` and its interval are positive when the candidate is worse."""

    difference: float
    low: float
    high: float
    standard_error: float
    df: float
    limits: Limits
    alpha: float
    """For REGRESSION, before it is shared out over the family."""

    @property
    def p_regression(self) -> float:
        """Probability of a difference this far above the limit if the true one were at the limit."""
        return float(special.stdtr(self.df, (self.limits.worse - self.difference) / self.standard_error))

    def smallest_effect(self, family: int) -> float:
        """The true difference that is called REGRESSION among `family` metrics with probability POWER."""
        reach = student(1 - self.alpha / family, self.df) + student(POWER, self.df)
        return self.limits.worse + reach * self.standard_error


def screen(
    baseline: Sequence[float], candidate: Sequence[float], *, floor: float, limits: Limits
) -> Screening:
    """Compare the mean of new runs with the mean of stored runs; each value is one run's.

    The standard error of the difference is that of a prediction: sqrt(s_b^2/K_b + s_c^2/K_c), each
    deviation not below `floor`. With a single candidate s_c is taken to be s_b. With up to four the
    deviations are pooled, since the few degrees of freedom of one arm would swamp the other's; from five on
    they are kept apart, with Satterthwaite's degrees of freedom. The baseline needs two runs or more.
    """
    count_b, count_c = len(baseline), len(candidate)
    if count_b < 2 or count_c < 1:
        raise ValueError(f"needs at least 2 baseline runs and 1 candidate run, found {count_b} and {count_c}")
    difference = math.fsum(candidate) / count_c - math.fsum(baseline) / count_b
    deviation_b = sample_deviation(baseline)
    if count_c < _SATTERTHWAITE_FROM:
        df = count_b - 1.0
        variance = deviation_b**2
        if count_c > 1:
            variance = (df * variance + (count_c - 1) * sample_deviation(candidate) ** 2) / (df + count_c - 1)
            df += count_c - 1
        spread = floored(math.sqrt(variance), df, floor)
        standard_error = spread.deviation * math.sqrt(1 / count_b + 1 / count_c)
        df = spread.df
    else:
        spread_b = floored(deviation_b, count_b - 1, floor)
        spread_c = floored(sample_deviation(candidate), count_c - 1, floor)
        standard_error, df = _satterthwaite(spread_b, count_b, spread_c, count_c)
    half = student(1 - ALPHA, df) * standard_error
    alpha = ALPHA_SINGLE if count_c == 1 else ALPHA
    return Screening(difference, difference - half, difference + half, standard_error, df, limits, alpha)


def outcomes(screenings: Sequence[Screening]) -> tuple[Outcome, ...]:
    """One outcome each for a family of gated metrics that are judged together.

    REGRESSION: the interval lies above the limit, and Holm's procedure over the family agrees, so that
    many metrics do not make a false alarm likelier than one. IMPROVEMENT: the interval lies below the limit
    for the better. PASS: the interval lies below the limit for the worse; calling all of a family PASS needs
    no correction (intersection-union test). Else INCONCLUSIVE.
    """
    rejected = _holm([screening.p_regression / screening.alpha for screening in screenings])
    return tuple(_outcome(s, agreed=agreed) for s, agreed in zip(screenings, rejected, strict=True))


def _outcome(screening: Screening, *, agreed: bool) -> Outcome:
    if screening.low > screening.limits.worse and agreed:
        return Outcome.REGRESSION
    if screening.high < screening.limits.better:
        return Outcome.IMPROVEMENT
    if screening.high < screening.limits.worse:
        return Outcome.PASS
    return Outcome.INCONCLUSIVE


def _holm(shares: Sequence[float]) -> list[bool]:
    """`shares` are p-values in units of their alpha."""
    rejected = [False] * len(shares)
    for rank, index in enumerate(sorted(range(len(shares)), key=lambda i: shares[i])):
        if shares[index] * (len(shares) - rank) > 1:
            break
        rejected[index] = True
    return rejected


def _satterthwaite(b: Spread, count_b: int, c: Spread, count_c: int) -> tuple[float, float]:
    variance_b, variance_c = b.deviation**2 / count_b, c.deviation**2 / count_c
    total = variance_b + variance_c
    return math.sqrt(total), total**2 / (variance_b**2 / b.df + variance_c**2 / c.df)
