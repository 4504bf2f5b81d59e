"""The statistics of the screen: values of stored runs against values of new runs, for one metric."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from scipy import special

from analysis.interval import student
from analysis.multiplicity import holm
from analysis.noise import FLOOR_DF, floored, sample_deviation
from analysis.result import Outcome
from analysis.session import SessionNoise, believed, between_sessions, grouped, within_sessions

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
    allowance: float = 0.0
    """Variance that sessions may add of which nothing is known. It is asked of a REGRESSION alone."""

    @property
    def p_regression(self) -> float:
        """Probability of a difference this far above the limit if the true one were at the limit."""
        standard_error, df = self._proof
        return float(special.stdtr(df, (self.limits.worse - self.difference) / standard_error))

    @property
    def may_be_the_day(self) -> bool:
        """Above the limit, though not by more than another session may bring."""
        return self.low > self.limits.worse and self.p_regression > self.alpha

    def smallest_effect(self, family: int) -> float:
        """The true difference that is called REGRESSION among `family` metrics with probability POWER."""
        standard_error, df = self._proof
        reach = student(1 - self.alpha / family, df) + student(POWER, df)
        return self.limits.worse + reach * standard_error

    @property
    def _proof(self) -> tuple[float, float]:
        """Standard error and degrees of freedom that a REGRESSION is held to."""
        return combined([(self.standard_error**2, self.df), (self.allowance, FLOOR_DF)])


def screen(
    baseline: Sequence[float],
    candidate: Sequence[float],
    *,
    floor: float,
    limits: Limits,
    sessions: Sequence[int] = (),
    carried: SessionNoise | None = None,
    usual: float = 0.0,
) -> Screening:
    """Compare the mean of new runs with the mean of stored runs; each value is one run's.

    The standard error of the difference is that of a prediction,
    sqrt(s_b^2/K_b + s_c^2/K_c + s_s^2 (1 + 1/S)), each deviation between runs not below `floor`. With a
    single candidate s_c is taken to be s_b. With up to four they are pooled, since the few degrees of
    freedom of one arm would swamp the other's; from five on they are kept apart. `sessions` are the sizes of
    the S sessions that the stored runs, in order, were made in; s_s is what these show, or else what was
    `carried` over from earlier ones, both held against what is `usual`; where neither is known, the usual is
    what a REGRESSION alone has to allow for, so that a host's other day is none. Degrees of freedom are
    Satterthwaite's. The baseline needs two runs or more.
    """
    count_b, count_c = len(baseline), len(candidate)
    if count_b < 2 or count_c < 1:
        raise ValueError(f"needs at least 2 baseline runs and 1 candidate run, found {count_b} and {count_c}")
    difference = math.fsum(candidate) / count_c - math.fsum(baseline) / count_b
    groups = grouped(baseline, sessions)
    between = between_sessions(groups)
    if between is None and len(groups) > 1:
        groups = [list(baseline)]  # one run in each session tells the two scatters not apart
    deviation_b, df_b = within_sessions(groups)
    if count_c < _SATTERTHWAITE_FROM:
        df = float(df_b)
        variance = deviation_b**2
        if count_c > 1:
            variance = (df * variance + (count_c - 1) * sample_deviation(candidate) ** 2) / (df + count_c - 1)
            df += count_c - 1
        spread = floored(math.sqrt(variance), df, floor)
        terms = [(spread.deviation**2 * (1 / count_b + 1 / count_c), spread.df)]
    else:
        spread_b = floored(deviation_b, df_b, floor)
        spread_c = floored(sample_deviation(candidate), count_c - 1, floor)
        terms = [(s.deviation**2 / n, s.df) for s, n in ((spread_b, count_b), (spread_c, count_c))]
    session = between or carried
    if session is not None:
        session = believed(session, usual)
        terms.append((session.deviation**2 * (1 + 1 / len(groups)), session.df))
    standard_error, df = combined(terms)
    half = student(1 - ALPHA, df) * standard_error
    return Screening(
        difference,
        difference - half,
        difference + half,
        standard_error,
        df,
        limits,
        alpha=ALPHA_SINGLE if count_c == 1 else ALPHA,
        allowance=0.0 if session is not None else usual**2 * (1 + 1 / len(groups)),
    )


def outcomes(screenings: Sequence[Screening], adjusted: Sequence[float]) -> tuple[Outcome, ...]:
    """One outcome each for metrics that are judged together; `adjusted` is what `adjusted_p` made of them.

    REGRESSION: the interval lies above the limit, and the adjusted probability agrees, so that many metrics
    do not make a false alarm likelier than one. IMPROVEMENT: the interval lies below the limit for the
    better. PASS: it lies below the limit for the worse; calling all of a family PASS needs no correction
    (intersection-union test). Else INCONCLUSIVE.
    """
    return tuple(_outcome(s, agreed=p <= ALPHA) for s, p in zip(screenings, adjusted, strict=True))


def adjusted_p(
    screenings: Sequence[Screening], adjust: Callable[[Sequence[float]], list[float]] = holm
) -> list[float]:
    """Probability that each is beyond its limit by chance, adjusted for their number; to be held to ALPHA."""
    return adjust([min(1.0, screening.p_regression * ALPHA / screening.alpha) for screening in screenings])


def _outcome(screening: Screening, *, agreed: bool) -> Outcome:
    if screening.low > screening.limits.worse and agreed:
        return Outcome.REGRESSION
    if screening.high < screening.limits.better:
        return Outcome.IMPROVEMENT
    if screening.high < screening.limits.worse:
        return Outcome.PASS
    return Outcome.INCONCLUSIVE


def combined(terms: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Standard error and degrees of freedom of a sum of variances, each with its own degrees of freedom."""
    total = math.fsum(variance for variance, _ in terms)
    return math.sqrt(total), total**2 / math.fsum(variance**2 / df for variance, df in terms)
