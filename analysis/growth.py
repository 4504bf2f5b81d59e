"""How fast a reading grows over a run, with an interval that holds when readings depend on one another."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

import numpy as np
import numpy.typing as npt

from analysis.dependence import correlation_s, period_s
from analysis.interval import Interval, student

LEAST_S = 600.0
"""Shorter runs cannot tell growth from a warm-up or a pause of the garbage collector."""

ALPHA = 0.05
"""Beyond each end of the interval, as in a comparison: the chance to call no growth growth."""

STEP_S = 5.0
"""Readings are averaged over so long before it is looked for how long they depend on one another."""

_MOST_BLOCKS, _LEAST_BLOCKS = 8, 6
"""Few means are nearly independent of one another even when neighbouring readings are not."""
_LEAST_PER_BLOCK = 3
_PERIODS, _CORRELATIONS = 5.0, 15.0
"""How many of them a run must last for its block means to be nearly independent of one another."""
_SWINGS = 3.0

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Growth:
    """Slope in the reading's unit per second, and how long a run would have to last to be trusted with it."""

    slope: float
    interval: Interval
    duration_s: float
    needed_s: float
    """Of the memory of these readings: 5 of its periods, or 15 times for how long it depends on itself."""

    @property
    def too_short(self) -> bool:
        return self.duration_s < self.needed_s

    def within(self, limit: float) -> bool | None:
        """Whether the slope is at most `limit`; None when the interval lies on both sides of it."""
        if self.interval.high <= limit:
            return True
        return False if self.interval.low > limit else None


def growth(times_s: Sequence[float], values: Sequence[float]) -> Growth | None:
    """Least-squares slope over the means of eight equal stretches of time; 90 % t interval, six degrees.

    There are fewer stretches, down to six, when one would be shorter than a period of the readings, such as
    that of a garbage collector, or would hold fewer than three of them. In a run that is too short for its
    own readings the t interval would be too narrow, so it is widened to what their swing around the line
    could hide: three times the swing, end to end, over the run. None when the readings span less than ten
    minutes or are too few. They need not be evenly spaced; `times_s` ascends.
    """
    if len(times_s) != len(values):
        raise ValueError(f"each reading needs a time, found {len(values)} readings and {len(times_s)} times")
    if not times_s or times_s[-1] - times_s[0] < LEAST_S:
        return None
    times, readings = np.asarray(times_s, float), np.asarray(values, float)
    duration_s = float(times[-1] - times[0])
    step_s = max(STEP_S, median(later - earlier for earlier, later in pairwise(times_s)))
    left = _without_line(*_even(times, readings, step_s))
    period = period_s(left, step_s)
    blocks = _blocks(times, duration_s, period)
    if blocks is None:
        return None
    slope, half = _line(*_means(times, readings, blocks))
    needed_s = max(_PERIODS * period, _CORRELATIONS * correlation_s(left, step_s))
    if duration_s < needed_s:
        half = max(half, _SWINGS * float(np.ptp(left)) / duration_s)
    return Growth(slope, Interval(slope - half, slope + half), duration_s, needed_s)


def _blocks(times: Floats, duration_s: float, period: float) -> Whole | None:
    """The block of each reading."""
    wanted = _MOST_BLOCKS
    if period > 0:
        wanted = min(wanted, max(_LEAST_BLOCKS, int(duration_s / period)))
    for count in range(wanted, _LEAST_BLOCKS - 1, -1):
        blocks: Whole = np.minimum(((times - times[0]) / duration_s * count).astype(np.int64), count - 1)
        if np.bincount(blocks, minlength=count).min() >= _LEAST_PER_BLOCK:
            return blocks
    return None


def _means(times: Floats, readings: Floats, blocks: Whole) -> tuple[Floats, Floats]:
    counts = np.bincount(blocks)
    return np.bincount(blocks, times) / counts, np.bincount(blocks, readings) / counts


def _line(x: Floats, y: Floats) -> tuple[float, float]:
    """Slope, and half of its interval."""
    spread = float(((x - x.mean()) ** 2).sum())
    slope = float(((x - x.mean()) * (y - y.mean())).sum()) / spread
    left = y - y.mean() - slope * (x - x.mean())
    df = len(x) - 2
    standard_error = math.sqrt(float((left**2).sum()) / df / spread)
    return slope, student(1 - ALPHA, df) * standard_error


def _even(times: Floats, readings: Floats, step_s: float) -> tuple[Floats, Floats]:
    """Means of equal steps; a step without a reading is filled from its neighbours."""
    steps = ((times - times[0]) / step_s).astype(np.int64)
    counts = np.bincount(steps)
    middles: Floats = step_s * np.arange(0.5, len(counts))
    sums = np.bincount(steps, readings)
    seen = counts > 0
    filled: Floats = np.interp(middles, middles[seen], sums[seen] / counts[seen])
    return middles, filled


def _without_line(x: Floats, y: Floats) -> Floats:
    from_middle = x - x.mean()
    level = y - y.mean()
    left: Floats = level - from_middle * float((from_middle * level).sum()) / float((from_middle**2).sum())
    return left
