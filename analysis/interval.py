"""Confidence intervals of one quantity from its values in parts of a run, or in several runs."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from scipy import special  # scipy.stats takes most of a second to import

SECTIONS = 5
"""Parts that a run is cut into; five keep the coverage with dependent latencies, where ten lose it."""

CONFIDENCE = 0.95

LEAST_TIMES = 30
"""Correlation times that a run must be long: in a shorter one its parts are no independent witnesses, and too
few intervals hold the truth."""


@dataclass(frozen=True, slots=True)
class Interval:
    low: float
    high: float


def log_interval(parts: Sequence[float], whole: float) -> Interval:
    """Interval of `whole` from the spread of its values in K consecutive parts, on the log scale.

    Sectioning (Asmussen and Glynn, Stochastic Simulation, III.5): the parts are spread around the value of
    the whole, which is less biased than their mean, with Student's t of K - 1 degrees of freedom.
    All values must be positive and there must be two parts or more.
    """
    if len(parts) < 2:
        raise ValueError(f"an interval needs two parts or more, found {len(parts)}")
    centre = math.log(whole)
    half = _half_width([math.log(part) - centre for part in parts])
    return Interval(math.exp(centre - half), math.exp(centre + half))


def plain_interval(parts: Sequence[float], whole: float, *, least: float, most: float) -> Interval:
    """The same on the plain scale, for ratios and rates, which may be 0; held inside [least, most]."""
    if len(parts) < 2:
        raise ValueError(f"an interval needs two parts or more, found {len(parts)}")
    half = _half_width([part - whole for part in parts])
    return Interval(max(least, whole - half), min(most, whole + half))


def is_reliable(measured_s: float, correlation_s: float | None) -> bool:
    """Whether an interval from parts of a run can be trusted; where the dependence is not known, it is."""
    return correlation_s is None or measured_s >= LEAST_TIMES * correlation_s


def student(probability: float, df: float) -> float:
    """Quantile of Student's t."""
    return float(special.stdtrit(df, probability))


def _half_width(deviations: Sequence[float]) -> float:
    count = len(deviations)
    standard_error = math.sqrt(sum(d * d for d in deviations) / (count - 1) / count)
    return student((1 + CONFIDENCE) / 2, count - 1) * standard_error
