"""How much the difference of a pair is believed to vary, from the pairs themselves and a floor under them."""

import math
from collections.abc import Sequence

from analysis.arms import Arms
from analysis.comparison import counting_floor
from analysis.noise import FLOOR_DF, Spread, sample_deviation

_FLOORS = {
    # Deviations between the runs of a pair on a quiet machine; fewer pairs that agree better are luck.
    "p50": 0.01,
    "p90": 0.015,
    "p95": 0.015,
    "p99": 0.03,
    "p99.9": 0.05,
    "mean": 0.01,
    "rate": 0.005,
    "ratio": 0.001,
}
LEAST_DEVIATION = 1e-4
"""Runs that agree to the digit would otherwise leave nothing to divide by."""


def default_pair_floor(statistic: str) -> float:
    """Without a calibration by pairs of the same version."""
    return _FLOORS[statistic]


def pair_spread(arms: Arms, found: Sequence[float], floor: Spread | float | None, sign: float) -> Spread:
    """Of the differences `found`: the larger of what they show and the floor.

    A ratio is never believed to scatter less than counting alone makes it.
    """
    own, df = sample_deviation(found), len(found) - 1.0
    if floor is None:
        least = Spread(_FLOORS[arms.statistic], df, floored=True)
    else:
        least = floor if isinstance(floor, Spread) else Spread(floor, FLOOR_DF, floored=True)
    if arms.statistic == "ratio":
        counting = math.sqrt(2) * counting_floor(arms, sign)
        if counting > least.deviation:
            least = Spread(counting, FLOOR_DF, floored=True)
    if own >= max(least.deviation, LEAST_DEVIATION):
        return Spread(own, df, floored=False)
    return Spread(max(least.deviation, LEAST_DEVIATION), max(df, least.df), floored=True)
