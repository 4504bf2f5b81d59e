"""How fast a reading grows over a run, with an interval that holds when readings depend on one another."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.interval import CONFIDENCE, Interval, student

BLOCKS = 6
"""Few blocks are nearly independent of one another even when neighbouring readings are not."""

LEAST_S = 600.0
"""Shorter runs cannot tell growth from a warm-up or a pause of the garbage collector."""

_LEAST_PER_BLOCK = 3


@dataclass(frozen=True, slots=True)
class Growth:
    """Slope in the reading's unit per second."""

    slope: float
    interval: Interval


def growth(times_s: Sequence[float], values: Sequence[float]) -> Growth | None:
    """Least-squares slope over the means of six equal stretches of time; t interval with four degrees.

    None when the readings span less than ten minutes or a stretch holds fewer than three readings. The
    readings need not be evenly spaced; `times_s` ascends.
    """
    if len(times_s) != len(values):
        raise ValueError(f"each reading needs a time, found {len(values)} readings and {len(times_s)} times")
    if not times_s or times_s[-1] - times_s[0] < LEAST_S:
        return None
    times, readings = np.asarray(times_s, float), np.asarray(values, float)
    blocks = np.minimum(((times - times[0]) / (times[-1] - times[0]) * BLOCKS).astype(int), BLOCKS - 1)
    if np.bincount(blocks, minlength=BLOCKS).min() < _LEAST_PER_BLOCK:
        return None
    x = np.array([times[blocks == block].mean() for block in range(BLOCKS)])
    y = np.array([readings[blocks == block].mean() for block in range(BLOCKS)])
    spread = float(((x - x.mean()) ** 2).sum())
    slope = float(((x - x.mean()) * (y - y.mean())).sum()) / spread
    left = y - y.mean() - slope * (x - x.mean())
    standard_error = math.sqrt(float((left**2).sum()) / (BLOCKS - 2) / spread)
    half = student((1 + CONFIDENCE) / 2, BLOCKS - 2) * standard_error
    return Growth(slope, Interval(slope - half, slope + half))
