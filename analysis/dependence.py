"""For how long evenly spaced readings depend on one another, and with what period they repeat themselves."""

import numpy as np
import numpy.typing as npt

_ALIKE = 0.5
"""Correlation from which a stretch repeats another; chance brings it to one run of a hundred."""
_FARTHEST = 0.4
"""Share of the readings: a period that is seen fewer times is indistinguishable from a drift."""
_AS_GOOD = 0.75
"""Share of the highest correlation from which a shorter lag is preferred: multiples do as well."""

_WINDOW = 4.0
"""Correlation times; in more of them, short runs would be taken to be less dependent than they are."""

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


def integrated_s(values: Floats, step_s: float) -> float:
    """Integrated correlation time, 1 + 2 sum r_k steps, of values of any process; 0 for constant ones.

    Summed up to the first lag beyond some such times, where what is left of the sum is noise (Sokal, Monte
    Carlo Methods in Statistical Mechanics, 1997, section 3), and corrected for what taking off the mean hides
    (Wolff, Monte Carlo errors with less errors, 2004, equation 49). One step at least.
    """
    count = len(values)
    correlations = _correlations(values)[: max(2, count // 2)]
    if correlations[0] == 0:
        return 0.0
    times = 2 * np.cumsum(correlations) - 1
    within = np.flatnonzero(np.arange(len(times)) >= _WINDOW * times)
    last = int(within[0]) if within.size else len(times) - 1
    return max(step_s, step_s * float(times[last]) * (1 + (2 * last + 1) / count))


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
    at = int(np.argmax(later >= _AS_GOOD * highest))
    while at + 1 < len(later) and later[at + 1] > later[at]:
        at += 1
    return (first + at) * step_s


def _correlations(values: Floats) -> Floats:
    """Of each lag, with as many products in the mean as there are; 0 for constant values."""
    count = len(values)
    transformed = np.fft.rfft(values, 2 * count)
    products = np.fft.irfft(transformed * transformed.conj(), 2 * count)[:count]
    means: Floats = products / (count - np.arange(count))
    return means / means[0] if means[0] > 0 else np.zeros(count)
