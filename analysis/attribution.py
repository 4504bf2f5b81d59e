"""What moved together with a regression: stage times, cache hits, Prometheus series, host and service.

That two things moved in the same runs does not make one the cause of the other.
"""

import math
from collections.abc import Iterator, Sequence

from analysis.metric import STAGE, is_watched
from analysis.result import Attribution, Companion, ComparisonRow, Outcome
from analysis.run_summary import EVERYTHING

LEAST_SHARE = 0.05
"""Of the regression in µs: a stage that moved by less is no part of the story, however surely it moved."""

SURE = 2.0
"""Halves of its interval that a change must measure: of dozens of series some move by one by chance."""

MOST = 8
"""Companions of one regression."""

_OF_AN_ENDPOINT = frozenset({"hit_ratio", "empty_retrieval"})
_TYPICAL = "p50"

Told = tuple[float, float, ComparisonRow]


def attribute(rows: Sequence[ComparisonRow]) -> tuple[Attribution, ...]:
    """For each gated row that is a regression, the rows that moved with it, the most telling first.

    Stages that are a part of a slower answer come first, by how much of it they are; then everything else, by
    how surely it moved. What may have moved by chance is left out.
    """
    return tuple(
        Attribution(row.endpoint, row.metric, row.statistic, _companions(row, rows))
        for row in rows
        if row.gated and row.outcome is Outcome.REGRESSION
    )


def _companions(regressed: ComparisonRow, rows: Sequence[ComparisonRow]) -> tuple[Companion, ...]:
    told = sorted(_told(regressed, rows), key=lambda one: (-one[0], -one[1], one[2].endpoint, one[2].metric))
    return tuple(
        Companion(
            row.endpoint, row.metric, row.statistic, row.unit,
            row.baseline, row.candidate, row.change, row.low, row.high,
        )
        for _, _, row in told[:MOST]
    )  # fmt: skip


def _told(regressed: ComparisonRow, rows: Sequence[ComparisonRow]) -> Iterator[Told]:
    """Each with its share of the regression, 0 for what is no part of it, and how surely it moved."""
    for row in rows:
        strength = _strength(row)
        if strength is None or row is regressed:  # what has a margin of its own may be of any kind
            continue
        if row.endpoint == EVERYTHING:
            if is_watched(row.metric):
                yield 0.0, strength, row
        elif regressed.endpoint not in (row.endpoint, EVERYTHING):
            continue
        elif row.metric in _OF_AN_ENDPOINT:
            yield 0.0, strength, row
        elif row.metric.startswith(STAGE) and _rise(row) > 0:
            if regressed.unit != "us":
                if row.statistic == _TYPICAL:
                    yield 0.0, strength, row
            elif row.statistic == regressed.statistic and _share(row, regressed) >= LEAST_SHARE:
                yield _share(row, regressed), strength, row


def _strength(row: ComparisonRow) -> float | None:
    """The change in halves of its interval, None where it may be chance.

    A series that is 0 on one side alone has no ratio and no interval: it has moved, nobody knows how surely.
    """
    if row.change is None or row.low is None or row.high is None:
        sides = row.baseline, row.candidate
        return 0.0 if None not in sides and sides.count(0) == 1 else None
    low, change, high = (
        value if row.statistic == "ratio" else math.log1p(max(value, -1 + 1e-9))
        for value in (row.low, row.change, row.high)
    )
    half = (high - low) / 2
    strength = abs(change) / half if half > 0 else math.inf
    return strength if strength >= SURE and change != 0 else None


def _share(row: ComparisonRow, regressed: ComparisonRow) -> float:
    return _rise(row) / max(_rise(regressed), 1e-9)


def _rise(row: ComparisonRow) -> float:
    return (row.candidate or 0.0) - (row.baseline or 0.0)
