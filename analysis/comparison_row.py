"""What the rows of both comparisons, with a stored baseline and in pairs, have in common."""

import math
from collections.abc import Iterable

from analysis.arms import Arms
from analysis.metric import Direction, metric_named
from analysis.result import ComparisonRow, Outcome
from analysis.two_groups import TwoGroups

Change = tuple[float, float, float, float]
"""Of a test: the difference, both ends of its interval and the smallest effect that would have been found."""


def comparison_row(
    arms: Arms,
    direction: Direction,
    worse: Change | None,
    *,
    margin: float,
    outcome: Outcome,
    gated: bool,
    primary: bool,
    reason: str | None,
    adjusted_p: float | None,
) -> ComparisonRow:
    """`worse` is on the scale of the test and positive where the candidate is worse; None without a test."""
    change = low = high = smallest = None
    if worse is not None:
        change, low, high, smallest = (as_change(arms.statistic, direction.sign * value) for value in worse)
        low, high = min(low, high), max(low, high)
    old, new = arms.centres()
    return ComparisonRow(
        endpoint=arms.endpoint,
        metric=arms.metric,
        statistic=arms.statistic,
        unit=metric_named(arms.metric).unit,
        direction=direction.value,
        baseline=old,
        candidate=new,
        change=change,
        low=low,
        high=high,
        margin=margin,
        outcome=outcome,
        gated=gated,
        smallest_effect=smallest,
        reason=reason,
        primary=primary,
        adjusted_p=adjusted_p,
    )


def gated_first(rows: Iterable[ComparisonRow]) -> tuple[ComparisonRow, ...]:
    return tuple(sorted(rows, key=lambda row: (not row.gated, row.endpoint, row.metric, row.statistic)))


def as_change(statistic: str, difference: float) -> float:
    """From the scale of the test, see `on_scale`, to the change of the value itself: a ratio's in points."""
    return difference if statistic == "ratio" else math.expm1(difference)


def not_sure_among(family: int, *, gated: bool) -> str:
    """Why what is above the margin is no regression."""
    among = f"{family} gated metrics (Holm)" if gated else "all that are shown"
    return f"above the margin on its own, but not surely enough among {among}"


def apart(statistic: str, groups: TwoGroups) -> str:
    distance = groups.high - groups.low
    if statistic == "ratio":
        return f"{100 * distance:.2f} points apart"
    return f"{100 * math.expm1(distance):.1f} % apart"
