"""Where the level of a short series changes: the largest CUSUM against permutations of the series."""

import math
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

PERMUTATIONS = 999
ALPHA = 0.01
"""Of each test: the chance that a stretch without any change is split."""

LEAST_POINTS = 2
"""On either side of a split."""

LEAST_AFTER = 3
"""Points of a new level before it is reported; two bad weeks are none yet."""

DEVIATIONS = 2.0
"""A smaller shift, in standard deviations around the level, is not reported however sure it is."""

_SEED = 2026
_TIE = 1 - 1e-9
"""The same points in another order sum up to the same, but for rounding."""

Points = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ChangePoint:
    """`index` is the first point of the new level; `shift` is that level less the one before."""

    index: int
    shift: float
    p: float


def change_points(values: Sequence[float], *, least_shift: float) -> tuple[ChangePoint, ...]:
    """Changes of the level by `least_shift` and by `DEVIATIONS` at least, in the order of the series.

    The series is split where the CUSUM of its deviations from the mean, divided by sqrt(k(n-k)/n), is
    largest, if no more than ALPHA of its permutations reach as far; then each side is split likewise (binary
    segmentation). Splits with too few points after them are taken back, then those with too small a shift,
    the smallest first. The permutations are drawn with a fixed seed: the same values give the same result.
    """
    points: Points = np.asarray(values, dtype=np.float64)
    found = dict(_splits(points, 0))
    ends = [*sorted(found), len(points)]
    for index, end in pairwise(ends):
        if end - index < LEAST_AFTER:
            del found[index]
    while found:
        indices = sorted(found)
        shifts = _shifts(points, indices)
        smallest = min(range(len(indices)), key=lambda place: abs(shifts[place]))
        needed = max(least_shift, DEVIATIONS * (deviation_around_levels(values, indices) or 0.0))
        if abs(shifts[smallest]) >= needed:
            return tuple(
                ChangePoint(index, shift, found[index]) for index, shift in zip(indices, shifts, strict=True)
            )
        del found[indices[smallest]]
    return ()


def deviation_around_levels(values: Sequence[float], changes: Collection[int]) -> float | None:
    """Standard deviation around the means of stretches that begin at `changes`; None for too few values."""
    points: Points = np.asarray(values, dtype=np.float64)
    stretches = _stretches(points, sorted(changes))
    df = len(points) - len(stretches)
    if df < 1:
        return None
    return math.sqrt(math.fsum(float(((part - part.mean()) ** 2).sum()) for part in stretches) / df)


def _splits(points: Points, offset: int) -> Iterator[tuple[int, float]]:
    """Index and p-value of each, in no particular order."""
    if len(points) < 2 * LEAST_POINTS or points.min() == points.max():
        return
    size, p = _strongest(points)
    if p > ALPHA:
        return
    yield offset + size, p
    yield from _splits(points[:size], offset)
    yield from _splits(points[size:], offset + size)


def _strongest(points: Points) -> tuple[int, float]:
    """How many points lie before the most likely split, and the share of permutations that split as clearly.

    The variance is that of the same points in every permutation, so that it need not be divided by.
    """
    count = len(points)
    sizes = np.arange(LEAST_POINTS, count - LEAST_POINTS + 1)
    scale = np.sqrt(sizes * (count - sizes) / count)
    centred = points - points.mean()
    found = np.abs(np.cumsum(centred)[sizes - 1]) / scale
    permuted = np.abs(np.cumsum(centred[_orders(count)], axis=1)[:, sizes - 1]) / scale
    best = int(found.argmax())
    as_far = int((permuted.max(axis=1) >= found[best] * _TIE).sum())
    return int(sizes[best]), (1 + as_far) / (1 + PERMUTATIONS)


@lru_cache(maxsize=128)
def _orders(count: int) -> NDArray[np.int16]:
    """(PERMUTATIONS, count): each row holds the places of a series in another order."""
    random = np.random.default_rng([_SEED, count])
    places = np.tile(np.arange(count, dtype=np.int16), (PERMUTATIONS, 1))
    return random.permuted(places, axis=1)


def _shifts(points: Points, indices: Sequence[int]) -> list[float]:
    levels = [float(part.mean()) for part in _stretches(points, indices)]
    return [after - before for before, after in pairwise(levels)]


def _stretches(points: Points, indices: Sequence[int]) -> list[Points]:
    return np.split(points, list(indices))
