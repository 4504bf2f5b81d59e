"""Whether runs fall into two groups, as those of a service that starts in one of two states do."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

LEAST_RUNS = 4
"""Two in each group: a single odd run is an odd run."""

FALSE_ALARM = 0.01
"""Chance that runs that scatter normally are called two groups, however much they scatter."""

_QUANTILE = 2.3263  # of the normal distribution, at 1 - FALSE_ALARM


@dataclass(frozen=True, slots=True)
class TwoGroups:
    """The middles of both groups, on the scale of the values."""

    low: float
    high: float


def two_groups(values: Sequence[float], least_gap: float) -> TwoGroups | None:
    """The groups when there are two that lie apart by more than `least_gap`; None for one.

    The test statistic is that of Engelman and Hartigan (Percentage points of a test for clusters, 1969):
    the largest ratio of the squares between two groups to those within them, over all ways to cut the sorted
    values in two. Theirs is allowed a group of one; ours is not, and the last term of its percentage points
    is fitted to simulations of 4 to 20 runs.
    """
    if len(values) < LEAST_RUNS:
        return None
    ordered = sorted(values)
    cuts = range(2, len(ordered) - 1)
    cut = min(cuts, key=lambda index: _within(ordered[:index]) + _within(ordered[index:]))
    below, above = ordered[:cut], ordered[cut:]
    if above[0] - below[-1] <= least_gap:
        return None
    within = _within(below) + _within(above)
    if within > 0 and math.log(_within(ordered) / within) <= _critical(len(ordered)):
        return None
    return TwoGroups(math.fsum(below) / len(below), math.fsum(above) / len(above))


def _within(values: Sequence[float]) -> float:
    mean = math.fsum(values) / len(values)
    return math.fsum((value - mean) ** 2 for value in values)


def _critical(count: int) -> float:
    """Of log(1 + between / within), which is log(total / within)."""
    free = count - 2
    return -math.log(1 - 2 / math.pi) + _QUANTILE / math.sqrt(free) + 5.1 / free
