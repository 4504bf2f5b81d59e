"""For how long evenly spaced readings depend on one another, and with what period they repeat themselves."""

import numpy as np
import numpy.typing as npt

_ALIKE = 0.5
"""Correlation from which a stretch repeats another; chance brings it to one run of a hundred."""
_FARTHEST = 0.4
"""Share of the readings: a period that is seen fewer times is indistinguishable from a drift."""
_FIRST = 0.9
"""Of the highest correlation: multiples of a period are as good as the period, and the shortest is wanted."""

Floats = npt.NDArray[np.float64]


def correlation_s(values: Floats, step_s: float) -> float:
    """Integrated correlation time of a first-order process, (1 + r)/(1 - r) steps; 0 for constant values.

    `values` are deviations from a line or a level; r is their correlation from one step to the next. The
    mean of n steps is as good as that of n (1 - r)/(1 + r) independent ones.
    """
    total = float((values**2).sum())
    if len(values) < 3 or total <= 0:
        return 0.0
    r = min(max(float((values[1:] * values[:-1]).sum()) / total, 0.0), 1 - 1e-9)
    return step_s * (1 + r) / (1 - r)


def period_s(values: Floats, step_s: float) -> float:
    """The shortest lag at which deviations repeat themselves after having been opposite; 0 without one."""
    count = len(values)
    correlations = _correlations(values)[: int(_FARTHEST * count) + 1]
    opposite = np.flatnonzero(correlations < 0)
    if not opposite.size:
        return 0.0
    first = int(opposite[0])
    later = correlations[first:]
    highest = float(later.max())
    if highest < _ALIKE:
        return 0.0
    return (first + int(np.argmax(later >= _FIRST * highest))) * step_s


def _correlations(values: Floats) -> Floats:
    """Of each lag, with as many products in the mean as there are; 0 for constant values."""
    count = len(values)
    transformed = np.fft.rfft(values, 2 * count)
    products = np.fft.irfft(transformed * transformed.conj(), 2 * count)[:count]
    means: Floats = products / (count - np.arange(count))
    return means / means[0] if means[0] > 0 else np.zeros(count)
