"""The highest rate at which a service keeps its objectives: which rate to try next, and what the tries tell.

A step keeps the objectives with a probability that falls from one to nothing around the capacity; how steeply
is not known, and now and then something else spoils or saves a step. From such tries the capacity is
estimated as a threshold of perception is (Watson and Pelli, QUEST, 1983; Kontsevich and Tyler, 1999): every
capacity and steepness is weighed by how well it explains all steps. The next step is taken at the middle of
what is left, which halves the bracket at first and repeats the rates at the knee in the end.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analysis.profile_parts import Search
from analysis.result import SearchEnd

CONFIDENCE = 0.95
SPREADS = (0.01, 0.02, 0.04, 0.08)
"""How blurred the knee may be, as a standard deviation of the rate's logarithm; all equally likely before."""
LAPSE = 0.02
"""A step in fifty ends other than its rate deserves."""
SMALLEST_SHARE = 1 / 64
"""Of the first rate: below it nothing is tried, as the service then keeps its objectives at no load."""
MOST_EMPTY = 3
"""Steps in a row that show nothing: the generator can do no more, and the next one would not either."""

_POINTS = 800
_LOGISTIC = 1.702
"""Makes a logistic curve that of a normal distribution, within a hundredth."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Trial:
    """One step: a rate, and whether the objectives were kept."""

    rate_per_s: float
    kept: bool


@dataclass(frozen=True, slots=True)
class Estimate:
    """At `rate_per_s` a step keeps the objectives as often as not; the interval holds 95 % of the weight."""

    rate_per_s: float
    low_per_s: float
    high_per_s: float

    def within(self, precision: float) -> bool:
        """Whether the interval is as narrow as asked."""
        return self.high_per_s <= self.low_per_s * (1 + precision)


def next_rate(search: Search, trials: Sequence[Trial], taken: int, empty: int = 0) -> float | SearchEnd:
    """The rate to try next, or why there is none; `taken` counts steps that showed nothing as well.

    The last `empty` steps showed nothing.
    """
    stop = SearchEnd.STEPS if taken >= search.steps else SearchEnd.BLIND if empty >= MOST_EMPTY else None
    if not trials:
        return stop or search.start_per_s
    found = estimate(trials)
    if found is None and trials[0].kept:
        highest = max(trial.rate_per_s for trial in trials)
        if highest >= search.most_per_s:
            return SearchEnd.MOST
        following = min(highest * search.growth, search.most_per_s)
    elif found is None:
        following = min(trial.rate_per_s for trial in trials) / search.growth
        if following < search.start_per_s * SMALLEST_SHARE:
            return SearchEnd.NONE
    elif found.within(search.precision):
        return SearchEnd.FOUND
    else:
        following = min(_readable(found.rate_per_s, search.precision), search.most_per_s)
    return stop or following


def estimate(trials: Sequence[Trial]) -> Estimate | None:
    """None until one step kept the objectives and another missed them."""
    if len({trial.kept for trial in trials}) < 2:
        return None
    logs = np.log([trial.rate_per_s for trial in trials])
    kept = np.array([trial.kept for trial in trials])
    # Beyond the rates that were tried, far enough for all that a lapse leaves possible.
    grid = np.linspace(logs.min() - 1.5, logs.max() + 1.5, _POINTS)
    weights = _weights(grid, logs, kept)
    cumulated = np.cumsum(weights)
    tail = (1 - CONFIDENCE) / 2
    low, middle, high = np.interp([tail, 0.5, 1 - tail], cumulated / cumulated[-1], grid)
    return Estimate(math.exp(middle), math.exp(low), math.exp(high))


def _weights(grid: Floats, logs: Floats, kept: npt.NDArray[np.bool_]) -> Floats:
    """How well each capacity of the grid explains the trials, over all spreads together."""
    total = np.zeros_like(grid)
    for spread in SPREADS:
        distance = _LOGISTIC * (grid[:, None] - logs[None, :]) / spread
        chance = LAPSE + (1 - 2 * LAPSE) / (1 + np.exp(-np.clip(distance, -50, 50)))
        total += np.prod(np.where(kept, chance, 1 - chance), axis=1)
    return total


def _readable(rate_per_s: float, precision: float) -> float:
    """Rounded to a step of 1, 2 or 5, fine beside the precision: what is tried again is the same rate."""
    wanted = rate_per_s * precision / 4
    power = 10.0 ** math.floor(math.log10(wanted))
    step = max(factor for factor in (1, 2, 5) if factor * power <= wanted * (1 + 1e-9)) * power
    return round(round(rate_per_s / step) * step, 9)
