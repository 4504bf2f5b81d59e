"""Where a series comes to rest: MSER-5, the cut that makes the mean of the rest most certain."""

import numpy as np
import numpy.typing as npt

BATCH_S = 5.0
"""White, Cobb and Spratt (2000) take batches of five observations; here they are seconds."""

Floats = npt.NDArray[np.float64]


def mser_cut(levels: Floats) -> int:
    """How many batches to leave out at the start: the d <= n/2 with the least var(levels[d:]) / (n - d).

    The best cut at the limit of n/2 means that the series has not come to rest in its first half.
    """
    count = len(levels)
    backwards = (levels - levels.mean())[::-1]
    kept = np.arange(1, count + 1)
    squares = np.cumsum(backwards**2) - np.cumsum(backwards) ** 2 / kept
    certainty = (np.maximum(squares, 0.0) / kept**2)[::-1]
    return int(np.argmin(certainty[: count // 2 + 1]))
