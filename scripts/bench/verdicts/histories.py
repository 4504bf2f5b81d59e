"""How often a weekly history without a change is flagged, and how soon a change shows in one."""

import math
from collections.abc import Iterator

import numpy as np

from analysis.change_point import change_points
from scripts.bench.verdicts.row import Row, at_least, at_most

TABLE = "History"
WEEKS = 52
BEFORE, WITHIN = 40, 4
"""Weeks before a change, and those in which it has to show."""
WEEK_SD = 0.03
LEAST_SHIFT = math.log1p(0.05)
CHANGE = math.log1p(0.10)
NEAR = 2
"""Weeks by which the place may be off."""


def history_rows(histories: int) -> Iterator[Row]:
    random = np.random.default_rng(91)
    flagged = [
        bool(change_points(random.normal(0.0, WEEK_SD, WEEKS).tolist(), least_shift=LEAST_SHIFT))
        for _ in range(histories)
    ]
    yield at_most(TABLE, f"{WEEKS} weeks without a change that scatter by 3 %: flagged", flagged, 0.02)
    seen = [_is_seen(random) for _ in range(histories)]
    yield at_least(TABLE, f"+10 % after {BEFORE} weeks: seen within {WITHIN} weeks", seen, 0.95)


def _is_seen(random: np.random.Generator) -> bool:
    """The history is looked at each week."""
    weeks = random.normal(0.0, WEEK_SD, BEFORE + WITHIN)
    weeks[BEFORE:] += CHANGE
    return any(
        found.shift > 0 and abs(found.index - BEFORE) <= NEAR
        for last in range(BEFORE + 1, BEFORE + WITHIN + 1)
        for found in change_points(weeks[:last].tolist(), least_shift=LEAST_SHIFT)
    )
