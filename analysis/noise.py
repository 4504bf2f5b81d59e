"""How much runs of an unchanged service differ from one another, and the floor under what few runs show."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from analysis.metric import is_watched

FLOOR_DF = 20
"""Degrees of freedom granted to a floor: those of the least A/A calibration that may replace it."""

_DEFAULT_FLOORS = {
    # Run-to-run standard deviations of the log percentile that are seen on quiet machines of one's own.
    # Smaller ones in five runs are luck. Deeper percentiles rest on fewer observations.
    "p50": 0.02,
    "p90": 0.03,
    "p95": 0.03,
    "p99": 0.06,
    "p99.9": 0.10,
    "mean": 0.02,
    "max": 0.20,
    "rate": 0.01,  # a closed model's rate is an average over the whole run
    "ratio": 0.001,  # errors, on the plain scale: a tenth of a point
}

_METRIC_FLOORS = {
    # The first token waits in the queue for a free generator, so that it moves more than the whole answer.
    ("ttft", "p50"): 0.03,
    ("ttft", "p95"): 0.04,
    # A search ends when its interval is a tenth wide.
    ("capacity", "rate"): 0.02,
}

_WATCHED_FLOOR = 0.05
"""A query looks at a window of the server's own scrapes, a few of which fall into a run; a host does more
than serve."""


_USUAL_SESSIONS = {"rate": 0.01, "ratio": 0.0}
_USUAL_SESSION = 0.03
"""Standard deviation between a host's sessions, of the logarithm of a time, where but one is known."""


@dataclass(frozen=True, slots=True)
class Spread:
    """A standard deviation between runs and what it rests on; `floored` when the floor took its place."""

    deviation: float
    df: float
    floored: bool


def default_floor(metric: str, statistic: str) -> float:
    if is_watched(metric):
        return _WATCHED_FLOOR
    return _METRIC_FLOORS.get((metric, statistic), _DEFAULT_FLOORS[statistic])


def usual_session(statistic: str) -> float:
    """What sessions are granted to differ by before two of them have been seen."""
    return _USUAL_SESSIONS.get(statistic, _USUAL_SESSION)


def binomial_floor(errors: int, requests: int, requests_per_run: float) -> float:
    """The scatter that counting alone gives an error ratio; half an error is added, as none is not never."""
    ratio = (errors + 0.5) / (requests + 1)
    return math.sqrt(ratio * (1 - ratio) / requests_per_run)


def sample_deviation(values: Sequence[float]) -> float:
    mean = math.fsum(values) / len(values)
    return math.sqrt(math.fsum((value - mean) ** 2 for value in values) / (len(values) - 1))


def floored(deviation: float, df: float, floor: float) -> Spread:
    """The larger of the two, never an average: averaging errs when today's noise is above the floor."""
    if deviation >= floor:
        return Spread(deviation, df, floored=False)
    return Spread(floor, FLOOR_DF, floored=True)
